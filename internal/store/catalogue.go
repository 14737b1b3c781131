package store

import (
	"encoding/json"

	"github.com/berth-host/berth"
)

// readCatalogue reads a version as it was stored. Before an offer could have several providers it had one, under
// another name; versions never change, so those are read like that for ever.
func readCatalogue(text string) (c berth.Catalogue, err error) {
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, err
	}
	var older struct {
		Plans []struct{ Offers []struct{ Provider string } }
	}
	if err := json.Unmarshal([]byte(text), &older); err != nil {
		return c, err
	}
	for i, p := range older.Plans {
		for j, o := range p.Offers {
			if o.Provider != "" {
				c.Plans[i].Offers[j].Providers = []string{o.Provider}
			}
		}
	}
	return c, nil
}
