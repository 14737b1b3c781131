package berth

import "time"

// begin has what an order paid for begin now, at its completion by a person, and not when it was placed: a registration takes
// weeks, and a month that is over before anybody could use it was never delivered. Orders that complete by themselves keep
// their dates, since they take moments. What changes a service has the service's dates and is left alone.
//
// The order carries the new expiry itself, so that whatever shows the order shows what its service has; the event tells it
// to people, and Verify holds BeginsAt against the chained event of the completion.
func (d *Desk) begin(b *Book, o *Order) {
	switch o.Kind {
	case KindNewServer:
		o.ExpiresAt = b.Now() + o.Hours*Hour
	case KindNetwork:
		o.ExpiresAt = AddMonths(b.Now(), cycleMonths(o.Cycle), d.Policy.Zone)
	default:
		return
	}
	o.BeginsAt = b.Now()
	day := func(instant int64) string { return time.UnixMicro(instant).In(d.Policy.Zone).Format(time.RFC3339) }
	b.Announce(Event{Name: EventServiceSet, UserID: o.UserID, ServiceID: o.ServiceID, Detail: "paid from " + day(o.BeginsAt) + " to " + day(o.ExpiresAt)})
}

// begun is when the period of an order that makes a service began.
func (o *Order) begun() int64 { return max(o.CreatedAt, o.BeginsAt) }
