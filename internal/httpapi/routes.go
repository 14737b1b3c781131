// Package httpapi is Berth over HTTP: it turns requests into berth.Requests and receipts into the answers that the
// provider documents. It decides nothing about the business; what it knows is names, types and statuses.
//
// A request's way through the package is handle.go from top to bottom: path, method, key, scope and rate, body, then
// the endpoint that routes names here. Three rules hold everywhere:
//
//   - No path is ever answered with a redirect: clients are known that follow none, and others that turn a POST into
//     a GET. That's why net/http's ServeMux isn't used, which repairs paths so.
//   - The Content-Type of a request is never looked at, logged or counted: a client is known that sends its API key
//     in it.
//   - An error is always a JSON object with success false, and never has a member server_status, by whose presence
//     a known client tells success.
package httpapi

import (
	"net/http"

	"github.com/berth-host/berth"
)

// route is one endpoint.
type route struct {
	method string
	path   string // without a trailing slash; also the name in logs and metrics
	scope  berth.Scope
	userID need // whether user_id must be given; where it needn't be, the key's owner is meant
	serve  endpoint
}

// endpoint answers an admitted and decoded call. What it returns is written as JSON with status 200, a page as it is.
type endpoint func(s *server, c *call) (any, error)

// open is the scope of routes that need no key.
const open berth.Scope = ""

// routes is the whole surface. openapi.json describes the same; a test compares the two.
func routes() []route {
	return []route{
		{http.MethodPost, "/API/orders/create_order", berth.ScopeOrder, required, (*server).createOrder},
		{http.MethodPost, "/API/orders/create_order_network", berth.ScopeOrder, required, (*server).createNetworkOrder},
		{http.MethodPost, "/API/orders/quote", berth.ScopeOrder, required, (*server).quote},
		{http.MethodGet, "/API/orders/list_order", berth.ScopeRead, optional, (*server).listOrder},
		{http.MethodGet, "/API/services/detail_server", berth.ScopeRead, optional, (*server).detailServer},
		{http.MethodPost, "/API/services/servers_actions", berth.ScopeManage, optional, (*server).serversActions},
		{http.MethodPost, "/API/services/reset_password", berth.ScopeManage, optional, (*server).resetPassword},
		{http.MethodPut, "/API/services/reinstall_server", berth.ScopeManage, optional, (*server).reinstallServer},
		{http.MethodPost, "/API/services/rename_server", berth.ScopeManage, optional, (*server).renameServer},
		{http.MethodPost, "/API/services/delete_server", berth.ScopeManage, optional, (*server).deleteServer},
		{http.MethodPost, "/API/services/auto_renew", berth.ScopeManage, required, (*server).autoRenew},
		{http.MethodPost, "/API/services/vnc_server", berth.ScopeManage, optional, (*server).vncServer},
		{http.MethodGet, "/API/services/usage_server", berth.ScopeRead, optional, (*server).usageServer},
		{http.MethodGet, "/API/services/detail_disk", berth.ScopeRead, optional, (*server).detailDisk},
		{http.MethodGet, "/API/networks/list", berth.ScopeRead, optional, (*server).listNetworks},
		{http.MethodGet, "/API/networks/detail", berth.ScopeRead, optional, (*server).detailNetwork},
		{http.MethodPost, "/API/networks/rotate_password", berth.ScopeManage, optional, (*server).rotatePassword},
		{http.MethodPost, "/API/networks/prefixes", berth.ScopeManage, optional, (*server).changePrefixes},
		{http.MethodPost, "/API/networks/clear_trip", berth.ScopeManage, optional, (*server).clearTrip},
		{http.MethodPost, "/API/networks/auto_renew", berth.ScopeManage, optional, (*server).autoRenewNetwork},
		{http.MethodPost, "/API/networks/renew", berth.ScopeOrder, required, (*server).renewNetwork},
		{http.MethodGet, "/API/info_user", berth.ScopeRead, required, (*server).infoUser},
		{http.MethodGet, "/API/plans/list_plan", berth.ScopeRead, optional, (*server).listPlan},
		{http.MethodPost, "/API/calculate_price", berth.ScopeRead, optional, (*server).calculatePrice},
		{http.MethodGet, "/openapi.json", open, optional, (*server).document},
		{http.MethodGet, "/docs", open, optional, (*server).docs},
		{http.MethodGet, "/healthz", open, optional, (*server).health},
		{http.MethodGet, "/readyz", open, optional, (*server).readiness},
	}
}
