package berth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// rung is one fault of a request: what it is refused with, and how it is mended.
type rung struct {
	want string
	mend func(r *berth.Request)
}

// climb sends a request with every fault at once, mends what it's refused for, and sends it again: so each refusal
// comes before all that follow it. Nothing may be written before the last.
func climb(t *testing.T, s *shop, r berth.Request, rungs []rung) berth.Receipt {
	t.Helper()
	before := s.verified()
	for _, step := range rungs {
		_, err := s.Place(background, &r)
		if got := refusal(err); got != step.want {
			t.Fatalf("got refusal %q, want %q", got, step.want)
		}
		if _, err := s.Quote(background, &r); refusal(err) != step.want && !strings.HasPrefix(step.want, "insufficient") {
			t.Errorf("quote: got refusal %q, want %q as the order's", refusal(err), step.want)
		}
		step.mend(&r)
	}
	if after := s.verified(); after.Orders != before.Orders { // an entry without an order would be a finding
		t.Errorf("got %d orders after refusals, want %d", after.Orders, before.Orders)
	}
	return s.buy(r)
}

// poor empties anna's wallet but for a part, and gives it back by the second function.
func poor(s *shop, left int64) (mend func(*berth.Request)) {
	taken := s.balance(anna) - left
	move := func(minor int64, ref string) {
		if _, _, err := s.Transfer(background, berth.Transfer{UserID: anna, Amount: minor, Ref: ref}); err != nil {
			s.Fatal(err)
		}
	}
	move(-taken, "empty")
	return func(*berth.Request) { move(taken, "back") }
}

func TestNewServerRefusals(t *testing.T) {
	s := newShop(t)
	sold := server("9")
	sold.UserID, sold.KeyOwnerID = bert, bert
	s.credit(bert, 1000)
	s.buy(sold) // the last of plan 9

	r := berth.Request{
		Kind: berth.KindNewServer, KeyOwnerID: anna, Name: strings.Repeat("n", 101), Hours: -1, Password: "short",
		PaymentType: "crypto", Versions: "a\x07b",
		Invalid: []*berth.Error{
			berth.Invalid("auto_renew", "not a boolean"), berth.Invalid("rental_duration", "not a number"),
			berth.Invalid("application_id", "not a number"),
		},
	}
	dropInvalid := func(parameter string) func(*berth.Request) {
		return func(r *berth.Request) {
			for i, e := range r.Invalid {
				if e.Parameter == parameter {
					r.Invalid = append(r.Invalid[:i:i], r.Invalid[i+1:]...)
					return
				}
			}
			t.Errorf("no fault of %s left", parameter)
		}
	}
	receipt := climb(t, s, r, []rung{
		{"invalid_parameter user_id", func(r *berth.Request) { r.UserID = anna }},
		{"invalid_parameter plan_id", func(r *berth.Request) { r.PlanID = "99" }},
		{"invalid_parameter os_image_id", func(r *berth.Request) { r.ImageID, r.ApplicationID = 99, 1 }},
		{"invalid_parameter os_image_id", func(r *berth.Request) { r.ApplicationID = 0 }},
		{"invalid_parameter application_id", dropInvalid("application_id")},
		{"invalid_parameter name_server", func(r *berth.Request) { r.Name = strings.Repeat("č", 100) }},
		{"invalid_parameter rental_duration", dropInvalid("rental_duration")},
		{"invalid_parameter hours", func(r *berth.Request) { r.Hours = 87601 }},
		{"invalid_parameter hours", func(r *berth.Request) { r.Hours = 1 }},
		{"invalid_parameter password", func(r *berth.Request) { r.Password = "line\nend" }},
		{"invalid_parameter password", func(r *berth.Request) { r.Password = strings.Repeat("p", 129) }},
		{"invalid_parameter password", func(r *berth.Request) { r.Password = "sécret" }},
		{"invalid_parameter type_payment", func(r *berth.Request) { r.PaymentType = "cheque" }},
		{"invalid_parameter type_payment", func(r *berth.Request) { r.PaymentType = "balance" }},
		{"invalid_parameter auto_renew", dropInvalid("auto_renew")},
		{"invalid_parameter versions", func(r *berth.Request) { r.Versions = "a tag" }},
		{"not_found plan_id", func(r *berth.Request) { r.PlanID = "11" }},
		{"invalid_parameter location", func(r *berth.Request) { r.Location = "Atlantis" }}, // offered at two
		{"not_found os_image_id", func(r *berth.Request) { r.ImageID, r.ApplicationID = 0, 4 }},
		{"not_found application_id", func(r *berth.Request) { r.ApplicationID = 1 }},
		{"not_found location", func(r *berth.Request) { r.PlanID, r.Location = "9", here }},
		{"out_of_stock plan_id", func(r *berth.Request) { r.PlanID, r.Hours = "5", 0 }},
	})
	if o := receipt.Order; o.Amount != 1299 || o.Hours != 720 || o.Versions != "a tag" || receipt.Password != "sécret" {
		t.Errorf("got order %+v, password %q; want a month at 12.99 with what was asked for", o, receipt.Password)
	}

	last := server("5")
	mend := poor(s, 1298)
	climb(t, s, last, []rung{{"insufficient_balance", mend}})
	nobody := server("5")
	nobody.UserID = "nobody"
	if _, err := s.Place(background, &nobody); refusal(err) != "not_found user_id" {
		t.Errorf("a user without a wallet: got %v, want not_found user_id", err)
	}
	s.verified()
}

func TestBalanceIsTheLastRefusal(t *testing.T) {
	s := newShop(t)
	for name, edit := range map[string]func(*berth.Request){
		"not_found plan_id":     func(r *berth.Request) { r.PlanID = "99" },
		"not_found os_image_id": func(r *berth.Request) { r.ImageID = 99 },
		"not_found location":    func(r *berth.Request) { r.Location = elsewhere },
		"insufficient_balance":  func(r *berth.Request) {},
	} {
		r := server("5")
		r.UserID = bert // who has nothing
		edit(&r)
		if _, err := s.Place(background, &r); refusal(err) != name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	e := berth.AsError(func() error { r := server("5"); r.UserID = bert; _, err := s.Place(background, &r); return err }())
	if !strings.Contains(e.Message, "0.00 EUR") || !strings.Contains(e.Message, "12.99 EUR") {
		t.Errorf("got message %q, want the amount and the balance", e.Message)
	}
}

func TestWhereServersAreMade(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.DefaultLocation = elsewhere
	for _, tt := range []struct{ name, plan, location, want, refusal string }{
		{"the only one", "5", "", here, ""},
		{"the named one", "11", elsewhere, elsewhere, ""},
		{"none of two", "11", "", "", "invalid_parameter location"},
		{"unknown", "5", "slovenia", "", "not_found location"},
		{"known, but not for this plan", "5", elsewhere, "", "not_found location"},
	} {
		r := server(tt.plan)
		r.Location = tt.location
		e, err := s.Quote(background, &r)
		if e.Terms.Location != tt.want || refusal(err) != tt.refusal {
			t.Errorf("%s: got %q, %v, want %q, %s", tt.name, e.Terms.Location, err, tt.want, tt.refusal)
		}
	}
	s.apply(c)
	for plan, want := range map[string]string{"11": elsewhere, "5": here} { // plan 5 is not offered at the default
		r := server(plan)
		r.Location = ""
		if e, err := s.Quote(background, &r); err != nil || e.Terms.Location != want {
			t.Errorf("with a default, plan %s: got %q, %v, want %q", plan, e.Terms.Location, err, want)
		}
	}
}

func TestExtendRefusals(t *testing.T) {
	s := newShop(t)
	mine := s.buy(server("5"))
	foreign := server("5")
	foreign.UserID, foreign.KeyOwnerID = bert, bert
	s.credit(bert, 5000)
	theirs := s.buy(foreign)
	net := s.buy(berth.Request{Kind: berth.KindNetwork, UserID: anna, NetworkID: "net", Cycle: berth.Monthly})
	moving := s.buy(server("5"))
	scaling := s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: moving.Order.ServiceID, PlanID: "7"})
	making := s.place(server("5"))

	r := berth.Request{Kind: berth.KindRenew, Hours: -5, PaymentType: "crypto", Versions: "\x00"}
	at := func(id string) func(*berth.Request) { return func(r *berth.Request) { r.ServerID = id } }
	climb(t, s, r, []rung{
		{"invalid_parameter user_id", func(r *berth.Request) { r.UserID = anna }},
		{"invalid_parameter server_id", at("none")},
		{"invalid_parameter hours", func(r *berth.Request) { r.Hours = 1 }},
		{"invalid_parameter type_payment", func(r *berth.Request) { r.PaymentType = "" }},
		{"invalid_parameter versions", func(r *berth.Request) { r.Versions = "" }},
		{"not_found server_id", at(theirs.Order.ServiceID)},
		{"not_found server_id", at(net.Order.ServiceID)}, // a network is no server
		{"not_found server_id", at(strings.Repeat("x", 300))},
		{"not_found server_id", at(scaling.Order.ID)}, // an order that makes no server
		{"not_found server_id", at(making.Order.ServiceID)},
		{"busy server_id", at(moving.Order.ServiceID)}, // its machine is on the way
		{"busy server_id", at(mine.Order.ServiceID)},   // a plan change is under way
	})
	foreignMaking := foreign
	other := s.place(foreignMaking)
	r.UserID, r.Hours, r.PaymentType, r.Versions, r.ServerID = anna, 1, "", "", other.Order.ServiceID
	if _, err := s.Place(background, &r); refusal(err) != "not_found server_id" {
		t.Errorf("somebody else's server that is being made: got %v, want not_found, as if it weren't there", err)
	}
}

func TestChangePlanRefusals(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.Plans[4].Disk = 80 // plan 9, of which there is one
	s.apply(c)
	s.buy(server("9"))
	mine, moving := s.buy(server("5")), s.buy(server("5"))
	s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: moving.Order.ServiceID, PlanID: "7"})

	plan := func(id string) func(*berth.Request) { return func(r *berth.Request) { r.PlanID = id } }
	r := berth.Request{Kind: berth.KindScale, Hours: 87601, PaymentType: "x", ServerID: ""}
	receipt := climb(t, s, r, []rung{
		{"invalid_parameter user_id", func(r *berth.Request) { r.UserID = anna }},
		{"invalid_parameter server_id", func(r *berth.Request) { r.ServerID = "none" }},
		{"invalid_parameter plan_id", plan("99")},
		{"invalid_parameter hours", func(r *berth.Request) { r.Hours = 0 }},
		{"invalid_parameter type_payment", func(r *berth.Request) { r.PaymentType = "" }},
		{"not_found server_id", func(r *berth.Request) { r.ServerID = moving.Order.ServiceID }},
		{"not_found plan_id", plan("5")},
		{"invalid_parameter plan_id", plan("plan-" + string(rune('a'+5)))}, // the same plan, by its UUID
		{"invalid_parameter plan_id", plan("3")},                           // a smaller disk
		{"invalid_parameter plan_id", plan("8")},                           // not offered here
		{"not_found plan_id", plan("12")},                                  // by another provider
		{"not_found plan_id", plan("9")},
		{"busy server_id", func(r *berth.Request) { r.ServerID = mine.Order.ServiceID }},
		{"out_of_stock plan_id", plan("7")},
	})
	if o := receipt.Order; o.Kind != berth.KindScale || o.PlanID != "7" || receipt.Service.Disk != 80 {
		t.Errorf("got %+v, want a change to plan 7", o)
	}
	mend := poor(s, 100)
	climb(t, s, berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: mine.Order.ServiceID, PlanID: "11"},
		[]rung{{"insufficient_balance", mend}})
}

func TestNetworkRefusals(t *testing.T) {
	s := newShop(t)
	r := berth.Request{Kind: berth.KindNetwork, PaymentType: "crypto", Versions: "\x00",
		Invalid: []*berth.Error{berth.Invalid("auto_renew", "not a boolean")}}
	receipt := climb(t, s, r, []rung{
		{"invalid_parameter user_id", func(r *berth.Request) { r.UserID = anna }},
		{"invalid_parameter network_id", func(r *berth.Request) { r.NetworkID = "none" }},
		{"invalid_parameter billing_cycle", func(r *berth.Request) { r.Cycle = "Yearly" }},
		{"invalid_parameter billing_cycle", func(r *berth.Request) { r.Cycle = berth.Yearly }},
		{"invalid_parameter type_payment", func(r *berth.Request) { r.PaymentType = "" }},
		{"invalid_parameter auto_renew", func(r *berth.Request) { r.Invalid = nil }},
		{"invalid_parameter versions", func(r *berth.Request) { r.Versions = "" }},
		{"not_found network_id", func(r *berth.Request) { r.NetworkID = "net-monthly" }},
		{"invalid_parameter billing_cycle", func(r *berth.Request) { r.NetworkID = "net" }},
	})
	want := berth.AddMonths(receipt.Order.CreatedAt, 12, time.UTC)
	if o := receipt.Order; o.Amount != 10000 || o.Hours != 0 || o.ServiceID != o.ID || o.ExpiresAt != want {
		t.Errorf("got %+v, want a year at 100.00", o)
	}
	if v := s.service(receipt.Order.ServiceID); v.Sort != berth.NetworkService || v.ExpiresAt != want || v.ProviderRef == "" {
		t.Errorf("got service %+v, want a network until %d", v, want)
	}
	mend := poor(s, 499)
	climb(t, s, berth.Request{Kind: berth.KindNetwork, UserID: anna, NetworkID: "net-monthly", Cycle: berth.Monthly},
		[]rung{{"insufficient_balance", mend}})
}
