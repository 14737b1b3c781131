package httpapi

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// The answers' types. Names and JSON types are those of the provider's documented examples, also where they're odd:
// the same amount is a number here and a text there, a plan's id too.

// envelope is what every answer has, whatever else the example of its endpoint shows.
type envelope struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func success(message string, data any) envelope {
	return envelope{Success: true, Message: message, Data: data}
}

// orderRecord is an order as list_order shows it: all 23 fields, always. It never holds a password.
type orderRecord struct {
	ID                     string  `json:"id"`
	UserID                 string  `json:"user_id"`
	ServerID               *string `json:"server_id"`
	ServiceID              string  `json:"service_id"`
	OrderNumber            string  `json:"order_number"`
	OrderType              string  `json:"order_type"`
	Status                 string  `json:"status"`
	NameServer             *string `json:"name_server"`
	PlanID                 *string `json:"plan_id"`
	OSImageID              *string `json:"os_image_id"`
	Versions               *string `json:"versions"`
	Location               *string `json:"location"`
	RentalDurationHours    int64   `json:"rental_duration_hours"`
	Amount                 string  `json:"amount"`
	Currency               string  `json:"currency"`
	Metadata               *string `json:"metadata"`
	DomainName             *string `json:"domain_name"`
	DomainRegistrationTerm *string `json:"domain_registration_term"`
	DomainSuffix           *string `json:"domain_suffix"`
	Description            string  `json:"description"`
	CreatedAt              string  `json:"created_at"`
	UpdatedAt              string  `json:"updated_at"`
	Username               string  `json:"username"`
}

// serverRecord is a server in full: server_status of extensions and plan changes, and data of detail_server.
type serverRecord struct {
	ID                  string  `json:"id"`
	IDSolusVM           *int64  `json:"id_solusvm"`
	SolusVMUUID         *string `json:"solusvm_uuid"`
	CPUCores            int64   `json:"cpu_cores"`
	RAM                 int64   `json:"ram"`  // bytes
	Disk                int64   `json:"disk"` // GB
	DiskType            string  `json:"disk_type"`
	CPU                 *string `json:"cpu"` // these three: text of dedicated servers
	RAMD                *string `json:"ramD"`
	DiskD               *string `json:"diskD"`
	Name                string  `json:"name"`
	AutoRenew           int     `json:"auto_renew"`
	PrimaryIP           *string `json:"primary_ip"`
	ExtraIPs            *string `json:"extra_ips"`
	Status              string  `json:"status"`
	UpdatedAt           string  `json:"updated_at"`
	PlanID              int64   `json:"plan_id"`
	Location            string  `json:"location"`
	OSImageID           *int64  `json:"os_image_id"`
	RentalDurationHours int64   `json:"rental_duration_hours"`
	OwnerID             string  `json:"owner_id"`
	CreatedAt           string  `json:"created_at"`
	ExpireDate          string  `json:"expire_date"`
	Metadata            string  `json:"metadata"`
	Password            *string `json:"password,omitempty"` // only where the operator keeps passwords
}

// newServer is server_status of a purchase. It calls new_id what every later call takes as server_id.
type newServer struct {
	NewID        string  `json:"new_id"`
	IDSolusVM    *int64  `json:"id_solusvm"`
	Name         string  `json:"name"`
	Metadata     string  `json:"metadata"`
	PrimaryIP    *string `json:"primary_ip"`
	Status       string  `json:"status"`
	AppLoginLink string  `json:"app_login_link,omitempty"`
}

// orderAnswer is create_order's answer, flat as documented; what the envelope adds comes last, for who reads along.
type orderAnswer struct {
	Success           bool            `json:"success"`
	Amount            json.RawMessage `json:"amount"` // a number
	BalanceBefore     string          `json:"balance_before"`
	Type              string          `json:"type"`
	PlanID            json.RawMessage `json:"plan_id"` // a text, but a number in the answer of an extension
	Password          *string         `json:"password"`
	HoursPurchased    string          `json:"hours_purchased"`
	UpgradeDifference json.RawMessage `json:"upgrade_difference"` // a number
	OrderID           string          `json:"order_id"`
	ServerStatus      any             `json:"server_status"`
	Message           string          `json:"message"`
	Data              orderRecord     `json:"data"`
}

// networkAnswer is create_order_network's answer: a bare order, whose amount is a text.
type networkAnswer struct {
	ID       string      `json:"id"`
	Status   string      `json:"status"`
	Metadata string      `json:"metadata"`
	Amount   string      `json:"amount"`
	Currency string      `json:"currency"`
	Success  bool        `json:"success"`
	Message  string      `json:"message"`
	Data     orderRecord `json:"data"`
}

// purchase is the answer of a new server's order, and of its replay, which tells the server's status of today.
func (s *server) purchase(c *call, r berth.Receipt) (any, error) {
	sv := ordered(r.Order)
	if r.Replayed && r.Order.State == berth.Completed {
		today, ok, err := s.rows.Service(c.http.Context(), r.Order.ServiceID)
		if err != nil {
			return nil, err
		}
		if ok {
			sv = today
		}
	}
	a := s.flat(c, r)
	password := r.Password // alone: the answer would keep the whole receipt
	a.Password = &password
	link := s.loginLink(c, sv)
	a.ServerStatus = newServer{
		NewID: sv.ID, IDSolusVM: numberOrNull(sv.ServerNo), Name: r.Order.Name, PrimaryIP: textOrNull(sv.Address),
		Metadata: serverMetadata(r.Password, link), Status: string(sv.Status), AppLoginLink: link,
	}
	return a, nil
}

// ordered is the server that an order makes, as far as the order alone can tell. The service's own row exists from
// the order's completion on.
func ordered(o berth.Order) berth.Service {
	status := berth.Provisioning
	switch o.State {
	case berth.Completed:
		status = berth.Active
	case berth.Refunded:
		status = berth.Terminated
	}
	return berth.Service{
		ID: o.ServiceID, Sort: berth.ServerService, UserID: o.UserID, Status: status, Name: o.Name, PlanID: o.PlanID,
		Cores: o.Cores, RAM: o.RAM, Disk: o.Disk, DiskType: o.DiskType, Hours: o.Hours, Location: o.Location,
		ImageID: o.ImageID, ApplicationID: o.ApplicationID, AutoRenew: o.AutoRenew, Result: o.Result,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, ExpiresAt: o.ExpiresAt,
	}
}

// change is the answer of an extension or a plan change.
func (s *server) change(c *call, r berth.Receipt) (any, error) {
	a := s.flat(c, r)
	if r.Order.Kind == berth.KindRenew {
		a.PlanID = json.RawMessage(plainNumber(r.Service.PlanID))
	}
	sv := r.Service
	if r.Order.State == berth.Paid {
		// The change isn't done yet. The answer says what was bought, and by its status that it's under way; the
		// machine itself runs on at its address.
		o := r.Order
		sv.PlanID, sv.Cores, sv.RAM, sv.Disk, sv.DiskType = o.PlanID, o.Cores, o.RAM, o.Disk, o.DiskType
		sv.Hours, sv.ExpiresAt, sv.Status = o.Hours, o.ExpiresAt, berth.Provisioning
	}
	// The order is done, so an error in reading the password may only leave it out.
	password, _ := s.keptPassword(c, sv)
	a.ServerStatus = s.serverRecord(c, sv, password)
	return a, nil
}

// flat is what all answers of create_order have in common.
func (s *server) flat(c *call, r berth.Receipt) orderAnswer {
	o := r.Order
	plan, _ := json.Marshal(o.PlanID)
	return orderAnswer{
		Success: true, Message: orderMessage(o), Data: s.orderRecord(o, c.user.Username),
		Amount: json.RawMessage(berth.NumberMinor(o.Amount)), BalanceBefore: berth.FormatMinor(o.BalanceBefore),
		Type: o.Kind, PlanID: plan, HoursPurchased: strconv.FormatInt(o.Hours, 10),
		UpgradeDifference: json.RawMessage(berth.NumberMinor(o.Difference)), OrderID: o.ID,
	}
}

func (s *server) networkAnswer(c *call, r berth.Receipt) networkAnswer {
	o := r.Order
	return networkAnswer{
		Success: true, Message: orderMessage(o), Data: s.orderRecord(o, c.user.Username), ID: o.ID, Status: orderStatus(o.State), Metadata: s.networkMetadata(o),
		Amount: berth.FormatMinor(o.Amount), Currency: o.Currency,
	}
}

// orderMessage is the sentence of an order's answer.
func orderMessage(o berth.Order) string {
	if o.State == berth.Paid {
		return "The order is paid and being processed."
	}
	return "The order is completed."
}

// orderStatus is the wire's word for a state.
func orderStatus(state berth.State) string {
	if state == berth.Paid {
		return "processing"
	}
	return string(state)
}

func (s *server) orderRecord(o berth.Order, username string) orderRecord {
	r := orderRecord{
		ID: o.ID, UserID: o.UserID, OrderNumber: o.Number, OrderType: o.Kind, Status: orderStatus(o.State),
		Amount: berth.FormatMinor(o.Amount), Currency: o.Currency, Description: o.Description, Versions: textOrNull(o.Versions),
		CreatedAt: s.date(o.CreatedAt), UpdatedAt: s.date(o.UpdatedAt), Username: username,
	}
	if o.NetworkID != "" { // what bought the service, and what extends it
		metadata := s.networkMetadata(o)
		r.ServiceID, r.RentalDurationHours, r.Metadata = o.ServiceID, 1, &metadata
		return r
	}
	r.ServerID, r.ServiceID, r.RentalDurationHours = &o.ServiceID, berth.ZeroID, o.Hours
	r.NameServer, r.PlanID, r.Location = textOrNull(o.Name), textOrNull(o.PlanID), textOrNull(o.Location)
	if o.ImageID != 0 {
		r.OSImageID = textOrNull(strconv.FormatInt(o.ImageID, 10))
	}
	return r
}

// serverRecord renders a service; password is "" unless the operator keeps passwords.
func (s *server) serverRecord(c *call, sv berth.Service, password string) serverRecord {
	plan, _ := strconv.ParseInt(sv.PlanID, 10, 64)
	r := serverRecord{
		ID: sv.ID, IDSolusVM: numberOrNull(sv.ServerNo), SolusVMUUID: textOrNull(sv.ServerUUID),
		CPUCores: sv.Cores, RAM: sv.RAM, Disk: sv.Disk, DiskType: sv.DiskType, Name: sv.Name,
		PrimaryIP: textOrNull(sv.Address), Status: string(sv.Status), UpdatedAt: s.date(sv.UpdatedAt),
		PlanID: plan, Location: sv.Location, OSImageID: numberOrNull(sv.ImageID), RentalDurationHours: sv.Hours,
		OwnerID: sv.UserID, CreatedAt: s.date(sv.CreatedAt), ExpireDate: s.date(sv.ExpiresAt),
		Metadata: serverMetadata(password, s.loginLink(c, sv)), Password: textOrNull(password),
	}
	if sv.AutoRenew {
		r.AutoRenew = 1
	}
	return r
}

// serverMetadata is `password=X`, or `password=X,username=Y,app_login_link=Z` for an application with a login page.
// Clients split it at commas and trim the values. A password that this would cut is left out: the field password has
// it whole, and a client then keeps the one it sent. So is a link with a comma, which has a field of its own as well.
func serverMetadata(password, loginLink string) string {
	var pairs []string
	if password != "" && !strings.Contains(password, ",") && strings.TrimSpace(password) == password {
		pairs = append(pairs, "password="+password)
	}
	if loginLink != "" {
		pairs = append(pairs, "username=root")
		if !strings.Contains(loginLink, ",") {
			pairs = append(pairs, "app_login_link="+loginLink)
		}
	}
	return strings.Join(pairs, ",")
}

// networkMetadata has exactly these four keys in this order, joined by comma and blank. The catalogue allows no name
// with a comma or "=" in it.
func (s *server) networkMetadata(o berth.Order) string {
	return "networkId=" + o.NetworkID + ", name=" + o.Product + ", billing_cycle=" + o.Cycle +
		", expiration_date=" + s.date(o.ExpiresAt)
}

// loginLink is where the software of an application's server is logged in at, "" for none: what the driver said, or
// else the catalogue. Without the catalogue the answer does without.
func (s *server) loginLink(c *call, sv berth.Service) string {
	if sv.ApplicationID == 0 {
		return ""
	}
	if sv.LoginLink != "" {
		return sv.LoginLink
	}
	catalogue, err := s.rows.Catalogue(c.http.Context())
	if err != nil {
		return ""
	}
	application, _ := catalogue.Application(sv.ApplicationID)
	return application.LoginLink
}

// keptPassword is a server's password where the operator has passwords answered always, and "" everywhere else.
func (s *server) keptPassword(c *call, sv berth.Service) (string, error) {
	if !s.Desk.Policy.KeepPassword {
		return "", nil
	}
	r, err := s.Desk.Reveal(c.http.Context(), sv.ID) // a server has the id of the order that made it
	return r.Password, err
}

// date is an instant in the operator's zone, without naming it, as the provider writes them all.
func (s *server) date(instant int64) string {
	return time.UnixMicro(instant).In(s.Desk.Policy.Zone).Format(time.DateTime)
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func numberOrNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// plainNumber is a plan's external id, which is a number kept as text, as JSON.
func plainNumber(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return "null"
	}
	return text
}
