package berth

import (
	"context"
	"strconv"
)

// SessionTerms is what an operator may change about a session that is there: nil leaves it. A change of the product reaches
// new orders alone, since a limit that falls by itself would shut sessions of customers who had done nothing.
type SessionTerms struct {
	LimitV4, LimitV6 *int64 // routes received above which the session is shut
	Export           *EdgeExport
}

// ChangeSession gives a session other terms, as an operator decides for one service. Its edge carries them as soon as it looks
// at the database again. Refusals name limit_v4, limit_v6 or export.
func (d *Desk) ChangeSession(ctx context.Context, serviceID string, t SessionTerms) (Service, error) {
	s, ok, err := d.Store.Service(ctx, serviceID)
	if err != nil || !ok {
		return s, orUnknown(err, "service", "There is no service with this id.")
	}
	for _, limit := range []struct {
		name  string
		value *int64
	}{{"limit_v4", t.LimitV4}, {"limit_v6", t.LimitV6}} {
		if limit.value != nil && (*limit.value < 1 || *limit.value > mostRoutes) {
			return s, Invalid(limit.name, "%s must be between 1 and %d.", limit.name, mostRoutes)
		}
	}
	if t.Export != nil && !t.Export.known() {
		return s, Invalid("export", "export must be none, default or full.")
	}
	return d.changeSession(ctx, s.UserID, serviceID, Need{}, func(b *Book, s *Service, p *Peering) error {
		detail := "session:"
		if t.LimitV4 != nil {
			p.LimitV4, detail = *t.LimitV4, detail+" limit_v4 "+strconv.FormatInt(*t.LimitV4, 10)
		}
		if t.LimitV6 != nil {
			p.LimitV6, detail = *t.LimitV6, detail+" limit_v6 "+strconv.FormatInt(*t.LimitV6, 10)
		}
		if t.Export != nil {
			p.Export, detail = *t.Export, detail+" export "+string(*t.Export)
		}
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: detail})
		return nil
	})
}
