package main

import (
	"reflect"
	"strings"

	"github.com/berth-host/berth"
)

// peersFile is what a network product gives of pools, and the rules of its session, as the catalogue file has it.
type peersFile struct {
	ASNs      string   `yaml:"asns,omitempty" json:"asns"`
	Links     []string `yaml:"links,omitempty,flow" json:"links"`
	Prefixes  []string `yaml:"prefixes,omitempty,flow" json:"prefixes"`
	LimitV4   int64    `yaml:"limit_v4,omitempty" json:"limit_v4"`
	LimitV6   int64    `yaml:"limit_v6,omitempty" json:"limit_v6"`
	Export    string   `yaml:"export,omitempty" json:"export"`
	Multihop  int64    `yaml:"multihop,omitempty" json:"multihop"`
	Sponsored bool     `yaml:"sponsored,omitempty" json:"sponsored"`
}

func (f peersFile) peers() berth.Peers {
	return berth.Peers{ASNs: f.ASNs, Links: f.Links, Prefixes: f.Prefixes, LimitV4: f.LimitV4, LimitV6: f.LimitV6,
		Export: berth.EdgeExport(f.Export), Multihop: f.Multihop, Sponsored: f.Sponsored}
}

func fileOfPeers(p berth.Peers) peersFile {
	return peersFile{ASNs: p.ASNs, Links: p.Links, Prefixes: p.Prefixes, LimitV4: p.LimitV4, LimitV6: p.LimitV6,
		Export: string(p.Export), Multihop: p.Multihop, Sponsored: p.Sponsored}
}

// viewPeers is nil for a product without any of it; lists are never null.
func viewPeers(p berth.Peers) *peersFile {
	if reflect.DeepEqual(p, berth.Peers{}) {
		return nil
	}
	f := fileOfPeers(p)
	f.Links, f.Prefixes = append([]string{}, f.Links...), append([]string{}, f.Prefixes...)
	return &f
}

// peersCells is the same as people compare it.
func peersCells(p berth.Peers) []cell {
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return decimal(n)
	}
	sponsored := ""
	if p.Sponsored {
		sponsored = "yes"
	}
	return []cell{{"asns", p.ASNs}, {"links", strings.Join(p.Links, " ")}, {"prefixes", strings.Join(p.Prefixes, " ")},
		{"limit_v4", number(p.LimitV4)}, {"limit_v6", number(p.LimitV6)}, {"export", string(p.Export)},
		{"multihop", number(p.Multihop)}, {"sponsored", sponsored}}
}
