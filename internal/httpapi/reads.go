package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// orderTypes are the words that list_order can be asked to filter by. Berth has no orders of some of them yet; their
// lists are empty.
var orderTypes = [...]string{berth.KindNewServer, berth.KindRenew, berth.KindScale, berth.KindNetwork,
	"dedicated_server", "storage", "addon", "domain", "plesk"}

const (
	ordersAPage     = 50 // and network services
	mostOrdersAPage = 100
)

// listOrder is GET /API/orders/list_order: a user's orders, newest first, or the one that order_id names, which comes
// as an array, too.
func (s *server) listOrder(c *call) (any, error) {
	id := c.in.id("order_id", optional)
	limit, offset := c.page()
	kind := c.in.text("type_order", optional, "order_type")
	if name := "type_order"; kind != "" && !slices.Contains(orderTypes[:], kind) {
		if !c.in.params.given(name) {
			name = "order_type"
		}
		c.in.refuse(name, "%s must be one of %s.", name, strings.Join(orderTypes[:], ", "))
	}
	if id == "" && !c.in.params.given("user_id") {
		c.in.refuse("user_id", "user_id is required, unless order_id is given.")
	}
	if err := c.in.err(); err != nil {
		return nil, err
	}
	if id != "" {
		return s.oneOrder(c, id)
	}
	orders, err := s.rows.Orders(c.http.Context(), berth.OrderFilter{
		UserID: c.user.ID, Kind: kind, Limit: limit, Offset: offset,
	})
	if err != nil {
		return nil, err
	}
	records := make([]orderRecord, len(orders)) // never null
	for i := range orders {
		records[i] = s.orderRecord(orders[i], c.user.Username)
	}
	return success("Orders, the newest first.", records), nil
}

// page reads which part of a list is meant: page counts from 1, and has per_page rows.
func (c *call) page() (limit, offset int) {
	page, _ := c.in.integer("page", optional, 1, math.MaxInt32)
	perPage, ok := c.in.integer("per_page", optional, 1, mostOrdersAPage)
	if !ok {
		perPage = ordersAPage
	}
	return int(perPage), int((max(page, 1) - 1) * perPage)
}

func (s *server) oneOrder(c *call, id string) (any, error) {
	o, ok, err := s.rows.Order(c.http.Context(), id)
	if err != nil {
		return nil, err
	}
	owner, mine := berth.User{}, false
	if ok {
		if owner, mine, err = s.visible(c, o.UserID); err != nil {
			return nil, err
		}
	}
	if !mine {
		return nil, berth.Unknown("order_id", "Unknown order: order_id %s.", echo(id))
	}
	c.orderID = o.ID
	return success("The order.", []orderRecord{s.orderRecord(o, owner.Username)}), nil
}

// detailAnswer has os_image_id at the root, too: that is where a known panel looks first.
type detailAnswer struct {
	envelope
	OSImageID *int64 `json:"os_image_id"`
}

// detailServer is GET /API/services/detail_server. The server is named by id or server_id.
func (s *server) detailServer(c *call) (any, error) {
	name, id := c.serverID()
	if err := c.in.err(); err != nil {
		return nil, err
	}
	sv, err := s.visibleServer(c, name, id)
	if err != nil {
		return nil, err
	}
	password, err := s.keptPassword(c, sv)
	if err != nil {
		return nil, err
	}
	record := s.serverRecord(c, sv, password)
	return detailAnswer{success("The server.", record), record.OSImageID}, nil
}

// serverID reads the parameter that names a server: id and server_id mean the same. name is the one that was sent.
func (c *call) serverID() (name, id string) {
	name = "server_id"
	if c.in.params.given("id") {
		name = "id"
	}
	id = c.in.id("id", optional, "server_id")
	if id == "" {
		c.in.refuse("server_id", "server_id is required (id is taken, too).")
	}
	return name, id
}

// visibleServer finds a server that the call may see, or change when the route does. Somebody else's is as unknown as
// none.
func (s *server) visibleServer(c *call, name, id string) (berth.Service, error) {
	sv, ok, err := s.serverByID(c, id)
	if err != nil {
		return sv, err
	}
	owner, mine := berth.User{}, false
	if ok {
		if owner, mine, err = s.visible(c, sv.UserID); err != nil {
			return sv, err
		}
	}
	if mine && !owner.Active && c.route.scope != berth.ScopeRead { // without user_id nobody has looked yet
		return sv, suspended()
	}
	if !mine {
		return sv, berth.Unknown(name, "Unknown server: %s %s.", name, echo(id))
	}
	return sv, nil
}

// serverByID finds a server, also one whose order is still at work on it, or was refunded.
func (s *server) serverByID(c *call, id string) (berth.Service, bool, error) {
	sv, ok, err := s.rows.Service(c.http.Context(), id)
	if err != nil || ok {
		return sv, ok && sv.Sort == berth.ServerService, err
	}
	o, ok, err := s.rows.Order(c.http.Context(), id)
	if err != nil || !ok || o.Kind != berth.KindNewServer {
		return sv, false, err
	}
	return ordered(o), true, nil
}

type userAnswer struct {
	envelope
	User userRecord `json:"user"`
}

type userRecord struct {
	ID                     string  `json:"id"`
	Username               string  `json:"username"`
	Email                  string  `json:"email"`
	UserTelegram           *string `json:"userTelegram"`
	Balance                string  `json:"balance"`
	CreatedAt              string  `json:"createdAt"`
	UpdatedAt              string  `json:"updatedAt"`
	IsActive               int     `json:"isActive"`
	Superuser              int     `json:"superuser"`
	NotificationDaysBefore int64   `json:"notification_days_before"`
	NotificationPreference string  `json:"notification_preference"`
	EmailVerified          bool    `json:"email_verified"`
}

// infoUser is GET /API/info_user. The user is read anew, not from the cache: its figures should go together.
func (s *server) infoUser(c *call) (any, error) {
	u, ok, err := s.rows.User(c.http.Context(), c.user.ID)
	if err != nil {
		return nil, err
	}
	w, _, err := s.rows.Wallet(c.http.Context(), c.user.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, berth.Unknown("user_id", "Unknown user: user_id %s.", echo(c.user.ID))
	}
	catalogue, err := s.rows.Catalogue(c.http.Context())
	if err != nil {
		return nil, err
	}
	r := userRecord{
		ID: u.ID, Username: u.Username, Email: u.Email, Balance: berth.FormatMinor(w.Balance),
		CreatedAt: s.date(u.CreatedAt), UpdatedAt: s.date(max(u.UpdatedAt, w.UpdatedAt)),
		IsActive: oneOrZero(u.Active), Superuser: oneOrZero(u.Superuser),
		NotificationDaysBefore: cmp.Or(u.NoticeDays, catalogue.Life.NoticeDays), NotificationPreference: u.NoticeBy, EmailVerified: u.EmailVerified,
	}
	return userAnswer{success("The user.", r), r}, nil
}

type planRecord struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Params     string          `json:"params"` // JSON inside a text, like the two lists
	ExternalID int64           `json:"external_id"`
	Price      json.RawMessage `json:"price"` // a number, a month
	Currency   string          `json:"currency"`
	Images     string          `json:"available_os_image_versions"`
	Apps       string          `json:"available_applications"`
	CreatedAt  string          `json:"created_at"`
	UpdatedAt  string          `json:"updated_at"`
	// Two members of Berth's own: the provider has no page that tells the locations' names, which orders need.
	Type      string   `json:"type"`
	Locations []string `json:"locations"`
}

type planParams struct {
	VCPU int64 `json:"vcpu"`
	RAM  int64 `json:"ram"`  // bytes
	Disk int64 `json:"disk"` // GB
}

type named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// listPlan is GET /API/plans/list_plan. type picks one sort of plan; one that doesn't exist has none.
func (s *server) listPlan(c *call) (any, error) {
	sort := c.in.text("type", optional)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	catalogue, err := s.rows.Catalogue(c.http.Context())
	if err != nil {
		return nil, err
	}
	records := make([]planRecord, 0, len(catalogue.Plans))
	for i := range catalogue.Plans {
		if p := &catalogue.Plans[i]; sort == "" || sort == p.Type {
			records = append(records, s.planRecord(catalogue, p))
		}
	}
	return success("Plans.", records), nil
}

func (s *server) planRecord(c *berth.Catalogue, p *berth.Plan) planRecord {
	images, applications := make([]named, 0, len(p.Images)), make([]named, 0, len(p.Applications))
	for _, id := range p.Images {
		image, _ := c.Image(id)
		images = append(images, named(image))
	}
	for _, id := range p.Applications {
		application, _ := c.Application(id)
		applications = append(applications, named{id, application.Name})
	}
	r := planRecord{
		ID: p.ID, Name: p.Name, ExternalID: p.ExternalID, Params: embedded(planParams{p.Cores, p.RAM, p.Disk}),
		Price: json.RawMessage(berth.NumberMinor(p.Price)), Currency: c.Currency,
		Images: embedded(images), Apps: embedded(applications),
		CreatedAt: s.date(p.CreatedAt), UpdatedAt: s.date(p.UpdatedAt), Type: p.Type, Locations: []string{},
	}
	for _, o := range p.Offers {
		r.Locations = append(r.Locations, o.Location)
	}
	return r
}

// embedded is a value as JSON inside a text. It is only used for structs and slices that always have a JSON form.
func embedded(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

type healthAnswer struct {
	envelope
	Status string `json:"status"`
}

// health is GET /healthz: the process answers.
func (s *server) health(*call) (any, error) {
	return healthAnswer{success("The process is alive.", struct{}{}), "ok"}, nil
}

// readiness is GET /readyz: the process should get requests.
func (s *server) readiness(c *call) (any, error) {
	ctx, cancel := context.WithTimeout(c.http.Context(), time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return nil, berth.Errorf(berth.Unavailable, "Not ready.").Because(err)
	}
	return healthAnswer{success("Ready for orders.", struct{}{}), "ready"}, nil
}

func oneOrZero(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
