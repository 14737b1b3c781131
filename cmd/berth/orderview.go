package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/berth-host/berth"
)

// orderView is an order as the commands show it: everything but the password.
type orderView struct {
	ID            string       `json:"id"`
	Number        string       `json:"number"`
	Kind          string       `json:"kind"`
	State         string       `json:"state"`
	UserID        string       `json:"user_id"`
	Amount        string       `json:"amount"`
	Difference    string       `json:"upgrade_difference"`
	BalanceBefore string       `json:"balance_before"`
	Currency      string       `json:"currency"`
	Product       string       `json:"product"`
	Provider      string       `json:"provider"`
	Others        []string     `json:"next_providers"` // asked in turn, should this one refuse
	Moves         int64        `json:"refused_before"` // by how many providers
	ProviderRef   string       `json:"provider_ref"`
	Attempt       int64        `json:"attempt"`
	Holder        string       `json:"holder"`
	DueAt         *string      `json:"due_at"`
	Doubt         bool         `json:"doubt"`
	Note          string       `json:"note"`
	ServiceID     string       `json:"service_id"`
	Service       *serviceView `json:"service,omitempty"`
	CreatedAt     *string      `json:"created_at"`
	UpdatedAt     *string      `json:"updated_at"`
}

// serviceView is what an order made or changed.
type serviceView struct {
	ID          string  `json:"id"`
	Sort        string  `json:"sort"`
	Status      string  `json:"status"`
	Name        string  `json:"name"`
	Location    string  `json:"location"`
	Address     string  `json:"address"`
	ProviderRef string  `json:"provider_ref"`
	ExpiresAt   *string `json:"expires_at"`
}

func viewOrder(o berth.Order, s *berth.Service) orderView {
	v := orderView{ID: o.ID, Number: o.Number, Kind: o.Kind, State: string(o.State), UserID: o.UserID,
		Amount: berth.FormatMinor(o.Amount), Difference: berth.FormatMinor(o.Difference), BalanceBefore: berth.FormatMinor(o.BalanceBefore),
		Currency: o.Currency, Product: o.Product, Provider: o.Provider, Others: nextProviders(o), Moves: o.Moves, ProviderRef: o.ProviderRef, Attempt: o.Attempt, Holder: o.Holder,
		Doubt: o.Doubt, Note: o.Note, ServiceID: o.ServiceID, CreatedAt: stamp(o.CreatedAt), UpdatedAt: stamp(o.UpdatedAt)}
	if o.State == berth.Paid {
		v.DueAt = stamp(o.DueAt)
	}
	if s != nil && s.ID != "" {
		v.Service = &serviceView{ID: s.ID, Sort: s.Sort, Status: string(s.Status), Name: s.Name, Location: s.Location,
			Address: s.Address, ProviderRef: s.ProviderRef, ExpiresAt: stamp(s.ExpiresAt)}
	}
	return v
}

// nextProviders are asked in turn, should the order's present one refuse.
func nextProviders(o berth.Order) []string {
	if o.State != berth.Paid || o.Others == "" {
		return []string{}
	}
	return strings.Split(o.Others, ",")
}

// printOrder writes an order as a page of "name  value" lines.
func printOrder(w io.Writer, o berth.Order, s berth.Service, in *office) {
	zone := in.settings.Zone
	line := func(name, value string) { row(w, name, shown(value)) }
	line("order", o.ID)
	line("number", o.Number)
	line("kind", o.Kind)
	line("state", string(o.State))
	line("user", o.UserID)
	line("product", o.Product)
	line("amount", berth.FormatMinor(o.Amount)+" "+o.Currency)
	line("balance before", berth.FormatMinor(o.BalanceBefore)+" "+o.Currency)
	line("placed", local(o.CreatedAt, zone))
	line("changed", local(o.UpdatedAt, zone))
	if o.BeginsAt != 0 {
		line("paid from", local(o.BeginsAt, zone))
	}
	line("provider", o.Provider)
	if o.Moves > 0 {
		line("refused before by", decimal(o.Moves))
	}
	line("id at the provider", o.ProviderRef)
	if o.State == berth.Paid {
		line("next providers", strings.Join(nextProviders(o), ", "))
		line("attempt", fmt.Sprint(o.Attempt))
		line("held by", o.Holder)
		line("due", local(o.DueAt, zone))
		line("in doubt", map[bool]string{true: "yes: an attempt ended without a certain answer", false: "no"}[o.Doubt])
		line("note", o.Note)
	}
	line("service", o.ServiceID)
	if s.ID == "" {
		return
	}
	line("  status", string(s.Status))
	line("  name", s.Name)
	line("  location", s.Location)
	line("  address", s.Address)
	line("  expires", local(s.ExpiresAt, zone))
}
