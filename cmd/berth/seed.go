package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

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
)

// seed fills the demo's database. Every step may be repeated, so a seeding that was cut short is simply gone through
// again.
func seed(ctx context.Context, desk *berth.Desk) error {
	file, err := readCatalogue(bytes.NewReader(demoCatalogue))
	if err != nil {
		return fmt.Errorf("the demo's catalogue: %w", err)
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
