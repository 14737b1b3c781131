package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/bird"
	"github.com/berth-host/berth/internal/edge/keeper"
	"github.com/berth-host/berth/internal/edge/remote"
	simedge "github.com/berth-host/berth/internal/edge/sim"
	"github.com/berth-host/berth/internal/settings"
)

// edgeAt is an edge, what it says of itself to every session, and whose they are.
type edgeAt struct {
	berth.Edge
	site  berth.EdgeSite
	owner string
}

// readBIRD reads the settings of a BIRD that runs beside this process.
func readBIRD(name string, r *settings.Reading) (opener, error) {
	site, err := readSite(name, r)
	if err != nil {
		return nil, err
	}
	o := bird.Options{
		Socket: r.Text("socket", ""), Main: r.Text("config", ""), Include: r.Text("include", ""), Program: r.Text("program", ""),
		Timeout: r.Duration("timeout", 0),
	}
	if text := r.Text("zone", ""); text != "" {
		if o.Zone, err = time.LoadLocation(text); err != nil {
			return nil, fmt.Errorf("zone: %w", err)
		}
	}
	return func(installation string) (any, error) {
		return edgeAt{bird.New(o), site, berth.EdgeOwner(installation, name)}, nil
	}, nil
}

// readRemoteEdge reads the settings of an edge elsewhere, where 'berth edge-agent' runs.
func readRemoteEdge(name string, r *settings.Reading) (opener, error) {
	site, err := readSite(name, r)
	key := r.Secret("key")
	if err != nil {
		return nil, err
	}
	return func(installation string) (any, error) {
		e, err := remote.New(name, key, wallClock)
		return edgeAt{e, site, berth.EdgeOwner(installation, name)}, err
	}, nil
}

// withEdges hands what the agents of remote edges ask to those edges, and all else on.
func (st *station) withEdges(api http.Handler) http.Handler {
	elsewhere := map[string]*remote.Edge{}
	for name, edge := range st.providers.edges {
		if e, ok := edge.Edge.(*remote.Edge); ok {
			elsewhere[name] = e
		}
	}
	door := remote.NewDoor(elsewhere, st.log)
	st.metrics.EdgeKeys(door.WrongKeys)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, remote.Path) {
			door.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// readSimulatedEdge reads the settings of an edge that there is no router of.
func readSimulatedEdge(name string, r *settings.Reading) (opener, error) {
	site, err := readSite(name, r)
	eager := r.Bool("eager", true)
	return simulatedEdge(site, eager), err
}

func simulatedEdge(site berth.EdgeSite, eager bool) opener {
	return func(installation string) (any, error) {
		return edgeAt{simedge.New(simedge.Options{Now: wallClock, Eager: eager}), site, berth.EdgeOwner(installation, site.Provider)}, nil
	}
}

// readSite reads what every edge has: the operator's AS number, and ports other than BGP's own.
func readSite(name string, r *settings.Reading) (site berth.EdgeSite, err error) {
	site.Provider = name
	number := func(key, text string, bits int) uint64 {
		n, wrong := strconv.ParseUint(text, 10, bits)
		if text != "" && (wrong != nil || n == 0) && err == nil {
			err = fmt.Errorf("%s: %q is not a number of %d bits", key, text, bits)
		}
		return n
	}
	site.ASN = uint32(number("asn", r.Required("asn"), 32))                  // #nosec G115 -- of 32 bits
	site.Port = uint16(number("port", r.Text("port", ""), 16))               // #nosec G115 -- of 16 bits
	site.PeerPort = uint16(number("peer_port", r.Text("peer_port", ""), 16)) // #nosec G115 -- of 16 bits
	return site, err
}

// keepEdges makes network drivers of the edges: each is kept as the database says.
func (p *providers) keepEdges(db berth.Store, sealer berth.Sealer, log *slog.Logger) {
	for name, edge := range p.edges {
		k := keeper.New(keeper.Options{Edge: edge.Edge, Site: edge.site, Owner: edge.owner, Rows: db.EdgeRows,
			Open: sealer.Open, Now: wallClock, Log: log})
		if elsewhere, ok := edge.Edge.(*remote.Edge); ok {
			elsewhere.Serve(db, k.Marked)
		}
		p.networks[name] = k
		p.keepers = append(p.keepers, k)
	}
}

// check tells whether the edge answers, what it carries, and whether the catalogue sells anything of it.
func (e edgeAt) check(ctx context.Context, c *berth.Catalogue) []berth.Match {
	matches := []berth.Match{}
	state, err := e.State(ctx)
	answers := berth.Match{Sort: "edge", Name: "AS" + strconv.FormatUint(uint64(e.site.ASN), 10), Ours: "answers", Theirs: "answers", OK: err == nil}
	if err != nil {
		answers.Theirs = err.Error()
	} else {
		up := 0
		for _, l := range state.Links {
			if l.Phase == berth.EdgeEstablished {
				up++
			}
		}
		answers.Theirs = fmt.Sprintf("answers, %d sessions, %d up", len(state.Links), up)
	}
	matches = append(matches, answers)
	if err == nil {
		matches = append(matches, e.checkOwner(state.Owner))
	}
	for _, n := range c.Networks {
		if n.Provider == e.site.Provider {
			m := berth.Match{Sort: "network", Name: n.Name, Ours: "asns " + shown(n.ASNs), OK: n.ASNs != "" || n.Sponsored}
			if m.Theirs = "carries its session"; !m.OK {
				m.Theirs = "needs asns and links: an order has no session"
			}
			matches = append(matches, m)
		}
	}
	return matches
}

// checkOwner tells whether what the edge carries is this installation's, under this provider's name. Where it isn't, nothing of
// ours is carried.
func (e edgeAt) checkOwner(theirs string) berth.Match {
	m := berth.Match{Sort: "edge", Name: "owner", Ours: e.owner, Theirs: theirs, OK: theirs == "" || theirs == e.owner}
	if theirs == "" {
		m.Theirs = "nobody's sessions"
	}
	return m
}

// poolsOfNetworks are the pools that a catalogue's network products take from, by kind.
func poolsOfNetworks(c *berth.Catalogue) map[string]berth.PoolKind {
	pools := map[string]berth.PoolKind{}
	for _, n := range c.Networks {
		if n.ASNs != "" {
			pools[n.ASNs] = berth.ASNPool
		}
		for _, name := range n.Links {
			pools[name] = berth.LinkPool
		}
		for _, name := range n.Prefixes {
			pools[name] = berth.PrefixPool
		}
	}
	return pools
}

// warnOfNetworkPools tells of pools that the catalogue names and nobody has made, or made of another kind.
func (st *station) warnOfNetworkPools(ctx context.Context, c *berth.Catalogue) error {
	named := poolsOfNetworks(c)
	if len(named) == 0 {
		return nil
	}
	pools, err := st.store.Pools(ctx, wallClock())
	if err != nil {
		return err
	}
	for name, kind := range named {
		if !slices.ContainsFunc(pools, func(p berth.Pool) bool { return p.Name == name && p.Kind == kind && p.RemovedAt == 0 }) {
			st.log.Warn("a network product takes from a pool that does not exist: its orders are refused. Make it with 'berth pool add'",
				"pool", name, "kind", string(kind))
		}
	}
	return nil
}
