package berth_test

import "github.com/berth-host/berth"

// auditedClocks are services that say of their life what can't be.
func auditedClocks() []audited {
	const day, hour = 24 * berth.Hour, berth.Hour
	with := func(change func(*berth.Service)) func(berth.Auditor) {
		o := berth.Order{ID: "o", Kind: berth.KindNewServer, UserID: "a", State: berth.Completed, Amount: 5, Terms: berth.Terms{ServiceID: "o", ExpiresAt: 100 * day}}
		s := berth.Service{ID: "o", UserID: "a", Status: berth.Active, ExpiresAt: 100 * day, UpdatedAt: 50 * day,
			Lease: berth.Lease{DueAt: 90 * day}, Result: berth.Result{ProviderRef: "m"}}
		change(&s)
		return func(a berth.Auditor) { _ = a.Order(o, referring(o, 1, -5, &s)) }
	}
	suspended := func(s *berth.Service) {
		s.Status, s.SuspendedAt, s.Held = berth.Suspended, 100*day, berth.HeldByExpiry
	}
	return []audited{
		{name: "an active service", feed: with(func(*berth.Service) {})},
		{name: "the longest grace", feed: with(func(s *berth.Service) { s.DueAt = s.ExpiresAt + 8760*hour })},
		{name: "never looked at", feed: with(func(s *berth.Service) { s.DueAt = s.ExpiresAt + 8760*hour + 1 }), want: "service o is looked at next at"},
		{name: "never looked at for its task", feed: with(func(s *berth.Service) { s.DueAt, s.Task.Do = 5000*day, berth.TaskStop }), want: "service o is looked at next at"},
		{name: "a suspended service", feed: with(suspended)},
		{name: "kept for ten years", feed: with(func(s *berth.Service) { suspended(s); s.DueAt = s.SuspendedAt + 3650*day })},
		{name: "kept for ever", feed: with(func(s *berth.Service) { suspended(s); s.DueAt = s.SuspendedAt + 4100*day }), want: "service o is looked at next at"},
		{name: "suspended for nothing", feed: with(func(s *berth.Service) { suspended(s); s.Held = "" }), want: "service o does not say since when and why"},
		{name: "suspended since ever", feed: with(func(s *berth.Service) { suspended(s); s.SuspendedAt = 0 }), want: "service o does not say since when and why"},
		{name: "active and suspended", feed: with(func(s *berth.Service) { s.SuspendedAt = 1 }), want: "service o is active, but says"},
	}
}
