package berth

import "fmt"

// Life is how services go on and end: what the clock (life.go) goes by. The zero value stands for DefaultLife.
type Life struct {
	NoticeDays int64 // days before its expiry on which its owner is told; 0 for not at all. A user's own wish goes before
	RenewHours int64 // hours before its expiry at which a service is renewed from the balance, if its owner wants that
	GraceHours int64 // hours that it runs on after its expiry
	DeleteDays int64 // days from its suspension to its deletion; Never for an operator to decide
	RetryHours int64 // hours between two tries of a renewal that the balance did not cover
}

// Never is the DeleteDays of services that are kept, suspended, until somebody deletes them.
const Never int64 = -1

// MaxNoticeDays is the earliest that anybody can be told of an expiry.
const MaxNoticeDays int64 = 60

// DefaultLife is what holds where the catalogue says nothing.
func DefaultLife() Life {
	return Life{NoticeDays: 3, RenewHours: 24, GraceHours: 0, DeleteDays: 14, RetryHours: 6}
}

// check refuses a policy that makes no sense, by the names of the catalogue file.
func (l Life) check() error {
	for _, field := range []struct {
		name             string
		value, low, high int64
	}{
		{"notice_days", l.NoticeDays, 0, MaxNoticeDays},
		{"renew_hours", l.RenewHours, 0, 720},
		{"grace_hours", l.GraceHours, 0, mostGrace},
		{"delete_days", l.DeleteDays, Never, mostDelete},
		{"retry_hours", l.RetryHours, 1, 168},
	} {
		if field.value < field.low || field.value > field.high {
			return fmt.Errorf("life: %s is %d, but must be between %d and %d", field.name, field.value, field.low, field.high)
		}
	}
	return nil
}

// checkLives fills in what is left out of a catalogue and checks the rest.
func (c *Catalogue) checkLives() error {
	if c.Life == (Life{}) {
		c.Life = DefaultLife()
	}
	if err := c.Life.check(); err != nil {
		return err
	}
	for i := range c.Plans {
		if p := &c.Plans[i]; p.Life != nil {
			if err := p.Life.check(); err != nil {
				return fmt.Errorf("plan %q: %w", p.Name, err)
			}
		}
	}
	for i := range c.Networks {
		if n := &c.Networks[i]; n.Life != nil {
			if err := n.Life.check(); err != nil {
				return fmt.Errorf("network %q: %w", n.Name, err)
			}
		}
	}
	return nil
}

// LifeOf is the policy for a service: that of its plan or network product where they have one of their own.
func (c *Catalogue) LifeOf(s *Service) Life {
	if p, ok := c.Plan(s.PlanID); ok && s.Sort == ServerService && p.Life != nil {
		return *p.Life
	}
	if n, ok := c.Network(s.NetworkID); ok && s.Sort == NetworkService && n.Life != nil {
		return *n.Life
	}
	return c.Life
}
