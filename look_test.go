package berth_test

import (
	"context"
	"slices"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

// turnstile is a gate that counts.
type turnstile struct {
	openGate
	full bool
	left []berth.Verdict
}

func (g *turnstile) Enter(context.Context, string) (func(berth.Verdict), int64) {
	if g.full {
		return nil, 7
	}
	return func(v berth.Verdict) { g.left = append(g.left, v) }, 0
}

// gauge is a simulated provider whose meter says what the test wants.
type gauge struct {
	sim.Driver
	says berth.Verdict
}

func (g *gauge) Usage(context.Context, string) (berth.Usage, berth.Outcome) {
	return berth.Usage{}, berth.Outcome{Verdict: g.says}
}

// TestLooksTakeTurns: who reads from a provider waits at its gate; a look without an answer is held against nobody.
func TestLooksTakeTurns(t *testing.T) {
	gate := &turnstile{}
	s := newShop(t, func(d *berth.Desk) { d.Gate = gate })
	id := s.buy(server("5")).Order.ServiceID
	meter := &gauge{Driver: sim.Driver{Provider: s.world}}
	s.Servers["sim"] = meter
	gate.left = nil
	for verdict, want := range map[berth.Verdict]berth.Code{berth.Done: "", berth.Refused: berth.ProviderRefused, berth.Unresolved: berth.Unavailable} {
		meter.says, gate.left = verdict, nil
		_, err := s.Usage(background, s.service(id))
		if want == "" && err != nil || want != "" && !berth.IsCode(err, want) {
			t.Errorf("%s: got %v, want %q", verdict, err, want)
		}
		told := verdict
		if verdict == berth.Unresolved {
			told = berth.Unasked
		}
		if !slices.Equal(gate.left, []berth.Verdict{told}) {
			t.Errorf("%s: the gate heard %v, want %v", verdict, gate.left, told)
		}
	}
	gate.full, gate.left = true, nil
	if _, err := s.Usage(background, s.service(id)); !berth.IsCode(err, berth.Unavailable) || gate.left != nil {
		t.Errorf("without a turn: got %v", err)
	}
}
