package berth

import (
	"context"
	"errors"
	"net/url"
	"slices"
)

// What is only read from a server's provider goes straight to its driver, within the time that ctx gives, and writes
// nothing. Who may see the server has been judged before. Refusals: NotSupported for what the driver can't tell,
// ProviderRefused when it certainly won't, Unavailable without an answer.

// OpenConsole opens a console: an address that works for some minutes, and its password.
func (d *Desk) OpenConsole(ctx context.Context, s Service) (address, password string, err error) {
	driver, err := d.visit(s)
	if err != nil {
		return "", "", err
	}
	console, able := driver.(Console)
	switch {
	case !able:
		return "", "", notAble()
	case s.Status == Suspended:
		return "", "", Invalid("server_id", "This server is suspended: until that ends it has no console.")
	}
	out := d.through(ctx, s.Provider, func() (out Outcome) {
		switch gone, err := d.another(ctx, driver, s); {
		case err != nil:
			return Outcome{Reason: err}
		case gone:
			return Outcome{Verdict: Absent, Reason: errors.New("the machine of this id is another service's")}
		}
		address, password, out = console.OpenConsole(ctx, s.ProviderRef)
		return out
	})
	if err := d.told(out); err != nil {
		return "", "", err
	}
	if !isConsole(address) || !printable(password, 255) {
		return "", "", TryAgain(unusable("the console's address or password isn't what a client can use"))
	}
	return address, password, nil
}

// isConsole reports whether a client may be sent to this address.
func isConsole(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= 2048 && printable(text, 2048) && u.Host != "" && u.User == nil &&
		slices.Contains([]string{"wss", "ws", "https", "http"}, u.Scheme)
}

// Usage reads what a server has used.
func (d *Desk) Usage(ctx context.Context, s Service) (Usage, error) {
	driver, err := d.visit(s)
	if err != nil {
		return Usage{}, err
	}
	meter, able := driver.(Meter)
	if !able {
		return Usage{}, notAble()
	}
	var used Usage
	out := d.through(ctx, s.Provider, func() (out Outcome) {
		used, out = meter.Usage(ctx, s.ProviderRef)
		return out
	})
	if err := d.told(out); err != nil {
		return Usage{}, err
	}
	for _, series := range []*[]Sample{&used.CPU, &used.Memory, &used.Disk, &used.Network} {
		*series = plausible(*series)
	}
	return used, nil
}

// mostSamples of a series are shown, the newest of them.
const mostSamples = 2000

// plausible leaves out what can't be a figure: a provider may answer anything, and JSON has no form for some of it.
func plausible(series []Sample) []Sample {
	series = slices.DeleteFunc(slices.Clone(series), func(s Sample) bool {
		figure := func(n float64) bool { return n >= 0 && n < 1<<62 }
		return !figure(s.In) || !figure(s.Out) || s.At < 0 || s.At > latest
	})
	return series[max(0, len(series)-mostSamples):]
}

// latest is the last instant whose year has four digits.
const latest = 253_402_300_799 * Second

// DiskSize reads the size of a server's disk in bytes, as its provider has it now.
func (d *Desk) DiskSize(ctx context.Context, s Service) (int64, error) {
	driver, err := d.visit(s)
	if err != nil {
		return 0, err
	}
	inspector, able := driver.(interface {
		Inspect(ctx context.Context, providerRef string) (Machine, Outcome)
	})
	if !able {
		return 0, notAble()
	}
	var m Machine
	out := d.through(ctx, s.Provider, func() (out Outcome) {
		m, out = inspector.Inspect(ctx, s.ProviderRef)
		return out
	})
	if err := d.told(out); err != nil {
		return 0, err
	}
	if m.Disk <= 0 || m.Disk > 1<<30 { // it doesn't say, or nothing that can be
		return s.Disk << 30, nil
	}
	return m.Disk << 30, nil
}

// visit is the driver of a server that is there to be looked at.
func (d *Desk) visit(s Service) (ServerDriver, error) {
	driver, ok := d.Servers[s.Provider]
	switch {
	case s.Status == Terminated:
		return nil, Unknown("server_id", "Unknown server: server_id %s.", quoted(s.ID))
	case s.Status == Provisioning:
		return nil, serverBusy()
	case !ok:
		return nil, TryAgain(errNoProvider(s))
	}
	return driver, nil
}

// through looks at a provider by one of its turns, so that many who look are no more calls at once than it bears. A look
// without a certain answer says nothing about the provider, since its client may have left: nobody closes a circuit to
// the orders of others by asking and hanging up.
func (d *Desk) through(ctx context.Context, provider string, look func() Outcome) (out Outcome) {
	if d.Gate == nil {
		return look()
	}
	leave, until := d.Gate.Enter(ctx, provider)
	if leave == nil {
		return NotCalled(until)
	}
	said := Unasked
	defer func() { leave(said) }()
	if out = look(); out.Verdict == Done || out.Verdict == Refused || out.Verdict == Absent {
		said = out.Verdict
	}
	return out
}

// told turns what a driver said of a question into a refusal, or nil.
func (d *Desk) told(out Outcome) error {
	out = d.overheard(out, "", "")
	switch out.Verdict {
	case Done:
		return nil
	case Refused, Absent:
		return Errorf(ProviderRefused, "The provider refused to tell; nothing was changed.").Because(out.Reason)
	}
	e := TryAgain(out.Reason)
	e.Message = "The provider did not answer in time; try again shortly."
	return e
}
