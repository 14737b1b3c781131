package berth

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a provider answers is input like any other: it goes into the books, into answers and into the log. It is
// judged here, where every driver's outcome comes in, so that no driver has to be trusted with it.

// The limits of what is believed.
const (
	maxProviderRef       = 255 // characters
	maxServerUUID        = 64
	maxLoginLink         = 255
	maxServerNo    int64 = 1<<53 - 1 // the largest number that every JSON client reads exactly
	maxReason            = 1000      // bytes of a reason that reach the log
)

// unusable is the reason why an outcome that says Done isn't believed. It never repeats what the provider said.
type unusable string

func (u unusable) Error() string { return "the provider says that it is done, but " + string(u) }

// heard is an outcome as it came from the driver of an order, made harmless: a result that can't be used becomes
// Unresolved (the machine may well exist, so nothing is refunded and a person can look), and a reason is fit for the
// log.
func (d *Desk) heard(o Order, out Outcome) Outcome {
	return d.overheard(believed(o, out), passwordRow(o.ID), o.Password)
}

// overheard makes the reason of an outcome fit for the log. Providers like to repeat the request they refuse, and that
// held the password, which is sealed under a row.
func (d *Desk) overheard(out Outcome, row, sealed string) Outcome {
	if out.Reason != nil {
		password := ""
		if sealed != "" {
			password, _ = d.Sealer.Open(row, sealed)
		}
		if text := out.Reason.Error(); text != loggable(text, password) {
			out.Reason = retold{loggable(text, password), out.Reason}
		}
	}
	return out
}

// believed turns a Done whose result can't be used into Unresolved. Orders that make nothing keep nothing of a result.
func believed(o Order, out Outcome) Outcome {
	if out.Verdict != Done || !o.Makes() {
		return out
	}
	if given := o.Allotment.address(); given != "" && out.Address == "" {
		out.Address = given // a provider that was told has nothing to add
	} else if given != "" && out.Address != given {
		return Outcome{Verdict: Unresolved, Reason: unusable("the address isn't the one that the pool gave it")}
	}
	if flaw := out.Result.flaw(); flaw != "" {
		return Outcome{Verdict: Unresolved, Reason: unusable(flaw)}
	}
	return out
}

// flaw is what is wrong with a result, "" when it can be kept and shown to clients.
func (r *Result) flaw() string {
	switch {
	case !fits(r.ProviderRef, maxProviderRef):
		return "its id of the service is not 1 to 255 printable characters"
	case r.ServerNo < 0 || r.ServerNo > maxServerNo:
		return "its number of the server is negative or has more than 53 bits"
	case !printable(r.ServerUUID, maxServerUUID):
		return "its UUID of the server is not at most 64 printable characters"
	case r.Address != "" && !isAddress(r.Address):
		return "the address is not an IP address"
	case r.LoginLink != "" && !isLink(r.LoginLink):
		return "the login link is not an http or https address of at most 255 printable characters"
	}
	return ""
}

// isAddress reports whether text is one IP address. A zone names an interface of the machine it was written on.
func isAddress(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Zone() == ""
}

// isLink reports whether a customer may be sent to this address: panels show it as a link, so no other scheme (such
// as javascript:) passes, nor a character that would end the attribute it is shown in, nor a name and password before
// the host, which hide where a link leads. Clients replace {{ hostname }} by the server's address.
func isLink(text string) bool {
	if !printable(text, maxLoginLink) || strings.ContainsAny(text, `"'<>\`+"`") {
		return false
	}
	for _, placeholder := range []string{"{{ hostname }}", "{{hostname}}"} {
		text = strings.ReplaceAll(text, placeholder, "host")
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && !strings.Contains(text, " ")
}

// retold is a reason in the words that may be logged; errors.Is still finds what it was.
type retold struct {
	text  string
	cause error
}

func (r retold) Error() string { return r.text }
func (r retold) Unwrap() error { return r.cause }

// loggable is a reason as the log may have it: without the password, however a provider wrote it down, without
// control characters, which a terminal would obey, and not longer than needed.
func loggable(text, password string) string {
	if password != "" {
		for _, written := range []string{password, url.QueryEscape(password), url.PathEscape(password), asJSON(password)} {
			text = strings.ReplaceAll(text, written, "***")
		}
	}
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if len(text) > maxReason {
		cut := maxReason
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return text
}

// asJSON is text as the inside of a JSON string.
func asJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string always has a JSON form
	return string(quoted[1 : len(quoted)-1])
}
