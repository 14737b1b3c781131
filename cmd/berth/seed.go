package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/berth-host/berth"
)

//go:embed demo.yaml
var demoCatalogue []byte

// What the documented examples use, and so what the demo knows.
const (
	demoUser    = "user12345-6789-0123-4567-890123456789"
	demoKey     = "your_api_key_here"
	demoBalance = 339652 // minor units
	demoRef     = "demo/opening balance"
	demoEdge    = "edge"
	demoASN     = 64500 // a number for documentation
)

// demoPools are what the demo's network takes from: numbers for private use, and links of addresses that stay inside.
var demoPools = []berth.Pool{
	{Name: "private-asns", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000199}}},
	{Name: "peer-links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.99.0.0/24"}}},
}

// seed fills the demo's database. Every step may be repeated, so a seeding that was cut short is simply gone through
// again.
func seed(ctx context.Context, desk *berth.Desk) error {
	file, err := readCatalogue(bytes.NewReader(demoCatalogue))
	if err != nil {
		return fmt.Errorf("the demo's catalogue: %w", err)
	}
	there, err := desk.Store.Pools(ctx, wallClock())
	if err != nil {
		return err
	}
	for _, pool := range demoPools {
		if slices.ContainsFunc(there, func(p berth.Pool) bool { return p.Name == pool.Name }) {
			continue
		}
		if _, err := desk.AddPool(ctx, pool); err != nil {
			return err
		}
	}
	if _, err := applyCatalogue(ctx, desk, &file, false); err != nil {
		return err
	}
	if _, known, err := desk.Store.User(ctx, demoUser); err != nil {
		return err
	} else if !known {
		if _, err := desk.CreateUser(ctx, berth.User{ID: demoUser, Username: "demo", Email: "demo@example.com"}, ""); err != nil {
			return err
		}
	}
	if _, known, err := desk.Store.KeyByHash(ctx, berth.HashKey(demoKey)); err != nil {
		return err
	} else if !known {
		key := berth.APIKey{UserID: demoUser, Name: "the documented key", Hash: berth.HashKey(demoKey),
			Scopes: []berth.Scope{berth.ScopeOrder, berth.ScopeRead, berth.ScopeManage}}
		if _, err := desk.CreateKey(ctx, key); err != nil {
			return err
		}
	}
	_, _, err = desk.Transfer(ctx, berth.Transfer{UserID: demoUser, Amount: demoBalance, Ref: demoRef, Note: "Opening balance of the demo"})
	if err != nil {
		return err
	}
	return finishSeeding(ctx, desk.Store)
}

// demoOrder is the documented order as a shell command.
func demoOrder(url string) string {
	return `curl -X POST '` + url + `/API/orders/create_order' \
  -H 'x-api-key: ` + demoKey + `' \
  -H 'Content-Type: application/json' \
  -d '{
    "user_id": "` + demoUser + `",
    "plan_id": "5",
    "os_image_id": "13",
    "location": "Slovenia",
    "name_server": "testServerAPI"
  }'`
}
