package berth

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Prefixes that customers bring. Nothing gets into a filter without a piece of evidence, and none is in two services.

// PrefixRequest asks for a prefix to be announced over a session.
type PrefixRequest struct {
	UserID    string
	ServiceID string
	Prefix    netip.Prefix
	Longest   int    // parts of it down to this length; 0 for the prefix alone
	Letter    string // what the customer calls the letter of authority that he has sent; "" for none
	Remove    bool
}

// mostPrefixes is how many a service may have: a filter is text that a router reads.
const mostPrefixes = 256

// neverAnnounced are the blocks that nobody may announce (RFC 6890 and what is reserved since). Of a pool they may be, since
// that is the operator's own decision.
var neverAnnounced = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"),
}

// globalIPv6 is all of IPv6 that is given to anybody, and the parts of it that aren't.
var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	unusedIPv6 = []netip.Prefix{
		netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:2::/48"), netip.MustParsePrefix("2001:10::/28"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
	}
)

// judge refuses what can't be announced, whoever asks.
func (r *PrefixRequest) judge() *Error {
	p := r.Prefix
	if !p.IsValid() || p.Addr().Is4In6() || p.Addr().Zone() != "" || p != p.Masked() {
		return Invalid("prefix", "prefix must be a network such as 198.51.100.0/24 or 2001:db8::/48.")
	}
	if r.Longest != 0 && (r.Longest < p.Bits() || r.Longest > p.Addr().BitLen()) {
		return Invalid("longest", "longest must be between %d and %d.", p.Bits(), p.Addr().BitLen())
	}
	if !printable(r.Letter, 200) {
		return Invalid("letter", "letter must be at most 200 printable characters.")
	}
	return nil
}

// reserved refuses what a customer can't have of his own.
func (r *PrefixRequest) reserved() *Error {
	shortest, longest := 8, 24
	if r.Prefix.Addr().Is6() {
		shortest, longest = 19, 48
	}
	if r.Prefix.Bits() < shortest || max(r.Prefix.Bits(), r.Longest) > longest {
		return Invalid("prefix", "Prefixes are between /%d and /%d; longer parts are carried nowhere.", shortest, longest)
	}
	list := neverAnnounced
	if r.Prefix.Addr().Is6() {
		if list = unusedIPv6; !globalIPv6.Overlaps(r.Prefix) {
			list = []netip.Prefix{r.Prefix}
		}
	}
	for _, block := range list {
		if block.Overlaps(r.Prefix) {
			return Invalid("prefix", "%s is reserved, and nobody may announce it.", r.Prefix)
		}
	}
	return nil
}

// ChangePrefix adds a prefix to a session, or takes one away. What has evidence is in the filter at once, so that its Pending is
// false; with a letter alone it waits for an operator (ApprovePrefix). Refusals name prefix, longest or letter.
func (d *Desk) ChangePrefix(ctx context.Context, r PrefixRequest) (s Service, carried bool, err error) {
	if refusal := r.judge(); refusal != nil {
		return s, false, refusal
	}
	registries := d.registries(ctx, r)
	s, err = d.changeSession(ctx, r.UserID, r.ServiceID, Need{Meta: []string{MetaPrefixes, MetaPools}}, func(b *Book, s *Service, p *Peering) error {
		at := slices.IndexFunc(p.Prefixes, func(have BoughtPrefix) bool { return have.Prefix == r.Prefix.String() })
		if r.Remove {
			return d.dropPrefix(b, s, p, at)
		}
		bought, err := d.evidence(b, s, p, r, registries)
		if err != nil {
			return err
		}
		bought.Prefix, bought.Longest, bought.At = r.Prefix.String(), r.Longest, b.Now()
		switch {
		case at >= 0 && came(s, p.Prefixes[at]):
			p.Prefixes = slices.Clone(p.Prefixes)
			p.Prefixes[at].Longest = r.Longest
		case at >= 0:
			p.Prefixes = slices.Clone(p.Prefixes)
			p.Prefixes[at] = bought
		case len(p.Prefixes) >= mostPrefixes:
			return Invalid("prefix", "A service has at most %d prefixes.", mostPrefixes)
		default:
			p.Prefixes = append(p.Prefixes, bought)
		}
		if bought.Evidence != EvidencePool && !bought.Pending {
			noteAnnounced(b, r.Prefix, s.ID)
		}
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: "prefix " + bought.Prefix + ": " + bought.Evidence})
		return nil
	})
	if err != nil {
		return s, false, err
	}
	return s, d.Carry(ctx, s), nil
}

func (d *Desk) dropPrefix(b *Book, s *Service, p *Peering, at int) error {
	switch {
	case at < 0:
		return Unknown("prefix", "This service has no such prefix.")
	case came(s, p.Prefixes[at]):
		return Invalid("prefix", "%s was bought with this service and stays with it.", p.Prefixes[at].Prefix)
	}
	b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: "prefix " + p.Prefixes[at].Prefix + ": removed"})
	forgetAnnounced(b, p.Prefixes[at].Prefix, s.ID)
	p.Prefixes = slices.Delete(slices.Clone(p.Prefixes), at, at+1)
	return nil
}

// came reports whether a prefix came with the service, from a pool.
func came(s *Service, bought BoughtPrefix) bool {
	return bought.Evidence == EvidencePool && slices.Contains(strings.Fields(s.Items), bought.Detail)
}

// entered is what the registries say of a prefix and a number.
type entered struct {
	asn       uint32
	evidence  string
	forbidden bool
	err       error
}

// registries asks the registries before anything is locked: their copies are files of a million lines, and on one engine
// a write that reads them again would hold up every order. What isn't the user's is refused later, in the write.
func (d *Desk) registries(ctx context.Context, r PrefixRequest) (say entered) {
	if d.Evidence == nil || r.Remove || r.reserved() != nil {
		return say
	}
	s, ok, err := d.Store.Service(ctx, r.ServiceID)
	if err != nil || !ok || s.UserID != r.UserID {
		return entered{err: err}
	}
	p, _, err := ReadPeering(s.Peering)
	if err != nil || nobodys(int64(p.ASN)) {
		return entered{err: err}
	}
	say.asn = p.ASN
	say.evidence, say.forbidden, say.err = d.Evidence.Find(r.Prefix, r.Longest, p.ASN)
	return say
}

// evidence finds out why a prefix may be announced.
func (d *Desk) evidence(b *Book, s *Service, p *Peering, r PrefixRequest, say entered) (BoughtPrefix, error) {
	for _, have := range p.Prefixes {
		if own, err := netip.ParsePrefix(have.Prefix); err == nil && have.Evidence == EvidencePool && holds(own, r.Prefix) {
			return BoughtPrefix{Evidence: EvidencePool, Detail: "part of " + have.Prefix}, nil
		}
	}
	if err := r.reserved(); err != nil {
		return BoughtPrefix{}, err
	}
	if nobodys(int64(p.ASN)) {
		return BoughtPrefix{}, Invalid("prefix", "A private AS number announces prefixes of the operator's only.")
	}
	if err := announcedElsewhere(b, s.ID, r.Prefix); err != nil {
		return BoughtPrefix{}, err
	}
	if d.Evidence != nil {
		switch {
		case say.err != nil:
			return BoughtPrefix{}, TryAgain(say.err)
		case say.asn != p.ASN: // the service came about in between
			return BoughtPrefix{}, networkBusy()
		case say.forbidden:
			return BoughtPrefix{}, Invalid("prefix", "A ROA lets others announce %s, and not AS%d with these lengths; mend the ROA first.", r.Prefix, p.ASN)
		case say.evidence != "":
			return BoughtPrefix{Evidence: say.evidence}, nil
		}
	}
	if r.Letter == "" {
		return BoughtPrefix{}, Invalid("prefix", "There is no ROA and no route object for %s and AS%d. Make one, or send a letter of authority and name it in letter.", r.Prefix, p.ASN)
	}
	return BoughtPrefix{Evidence: EvidenceLetter, Detail: r.Letter, Pending: true}, nil
}

// holds reports whether a part lies within a whole.
func holds(whole, part netip.Prefix) bool {
	return whole.Bits() <= part.Bits() && whole.Contains(part.Addr())
}

// announcedElsewhere refuses a prefix that has something in common with a pool, or with what another service announces. What
// waits for a person keeps nobody out: a letter is a claim that anyone can make, of all the addresses there are.
func announcedElsewhere(b *Book, serviceID string, prefix netip.Prefix) error {
	names, _ := b.Meta(MetaPools)
	for name := range strings.FieldsSeq(names) {
		pool, ok := b.Pool(name)
		for _, block := range pool.Ranges {
			if ok && pool.Kind != ASNPool && pool.RemovedAt == 0 && block.prefix().Overlaps(prefix) {
				return Invalid("prefix", "%s is the operator's own; such a prefix comes with the service or not at all.", prefix)
			}
		}
	}
	for _, a := range announced(b) {
		if a.owner == serviceID || !a.prefix.Overlaps(prefix) {
			continue
		}
		if inForce(b, a) {
			return Invalid("prefix", "%s overlaps with a prefix of another service.", prefix)
		}
	}
	return nil
}

// announcedByNobody refuses addresses for a pool that a customer's session may announce: two would have them.
func announcedByNobody(b *Book, p Pool) error {
	if p.Kind == ASNPool {
		return nil
	}
	for _, a := range announced(b) {
		for _, r := range p.Ranges {
			if !r.prefix().Overlaps(a.prefix) {
				continue
			}
			if inForce(b, a) {
				return Invalid("cidr", "%s overlaps with %s, which the customer of service %s brought and may announce. Leave it out, or end that service first.", r.prefix(), a.prefix, a.owner)
			}
		}
	}
	return nil
}

// inForce reports whether what was brought may still be announced. One that waits for a person isn't.
func inForce(b *Book, a announcement) bool {
	s, ok := b.Service(a.owner)
	return ok && s.Status != Terminated && announces(s, a.prefix)
}

// announces reports whether a prefix is in a service's filter. What can't be read may be there.
func announces(s Service, prefix netip.Prefix) bool {
	p, _, err := ReadPeering(s.Peering)
	return err != nil || slices.ContainsFunc(p.Prefixes, func(have BoughtPrefix) bool {
		return have.Prefix == prefix.String() && !have.Pending
	})
}

// announcement is a prefix that a customer brought, and the service that has or had it.
type announcement struct {
	prefix netip.Prefix
	owner  string
}

// announced is all that customers brought. Whoever adds to it holds the lock of its row.
func announced(b *Book) []announcement {
	text, _ := b.Meta(MetaPrefixes)
	var all []announcement
	for entry := range strings.FieldsSeq(text) {
		prefix, owner, _ := strings.Cut(entry, "=")
		if p, err := netip.ParsePrefix(prefix); err == nil {
			all = append(all, announcement{p, owner})
		}
	}
	return all
}

// noteAnnounced adds a prefix to the list, or gives it to the service that has it now.
func noteAnnounced(b *Book, prefix netip.Prefix, serviceID string) {
	entries := []string{prefix.String() + "=" + serviceID}
	for _, a := range announced(b) {
		if a.prefix != prefix {
			entries = append(entries, a.prefix.String()+"="+a.owner)
		}
	}
	slices.Sort(entries)
	b.PutMeta(MetaPrefixes, strings.Join(entries, " "))
}

// forgetAnnounced takes a prefix from the list, if it is this service's there: or the list would grow with every change of mind.
func forgetAnnounced(b *Book, prefix, serviceID string) {
	text, _ := b.Meta(MetaPrefixes)
	entries := strings.Fields(text)
	if at := slices.Index(entries, prefix+"="+serviceID); at >= 0 {
		b.PutMeta(MetaPrefixes, strings.Join(slices.Delete(entries, at, at+1), " "))
	}
}

// Approval is an operator's word on a prefix that a letter of authority speaks for.
type Approval struct {
	ServiceID string
	Prefix    string
	Read      string // what was read, by BoughtPrefix.Reading; "" only for a refusal
	By        string // who has read it; "" says that it is no good, which takes the prefix away
}

// Reading names all that an operator reads before a prefix is approved: the letter, and the parts that may be announced. The
// customer may change both at any time, so an approval says which ones it means. Half a digest is as long as nobody can
// find two letters for.
func (p BoughtPrefix) Reading() string {
	d := NewDigest()
	d.text(p.Prefix, p.Evidence, p.Detail)
	d.number(int64(p.Longest))
	return d.Sum()[:32]
}

// ApprovePrefix decides on a prefix that waits. Refused is what isn't as it was read (Busy, naming read), and what has become
// another service's or a pool's while it waited.
func (d *Desk) ApprovePrefix(ctx context.Context, a Approval) (Service, error) {
	s, ok, err := d.Store.Service(ctx, a.ServiceID)
	if err != nil || !ok {
		return s, orUnknown(err, "service", "There is no service with this id.")
	}
	if !printable(a.By, 100) {
		return s, Invalid("by", "by must be at most 100 printable characters.")
	}
	return d.changeSession(ctx, s.UserID, a.ServiceID, Need{Meta: []string{MetaPrefixes, MetaPools}}, func(b *Book, s *Service, p *Peering) error {
		at := slices.IndexFunc(p.Prefixes, func(have BoughtPrefix) bool { return have.Prefix == a.Prefix && have.Pending })
		if at < 0 {
			return Unknown("prefix", "This service has no such prefix that waits for approval.")
		}
		if have := p.Prefixes[at]; a.Read != have.Reading() && (a.By != "" || a.Read != "") {
			return &Error{Code: Busy, Parameter: "read", Message: "This isn't what waits for approval now: the letter is " + quoted(have.Detail) + ", the parts go down to /" +
				strconv.Itoa(have.longest()) + ". Look at it with 'service prefix list', and give what that shows as read."}
		}
		p.Prefixes = slices.Clone(p.Prefixes)
		word := "approved by " + a.By
		if a.By == "" {
			word = "refused"
			p.Prefixes = slices.Delete(p.Prefixes, at, at+1)
		} else {
			waited, err := netip.ParsePrefix(a.Prefix)
			if err == nil {
				err = announcedElsewhere(b, s.ID, waited)
			}
			if err != nil {
				return err
			}
			noteAnnounced(b, waited, s.ID)
			p.Prefixes[at].Pending, p.Prefixes[at].Detail = false, p.Prefixes[at].Detail+", approved by "+a.By
		}
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: "prefix " + a.Prefix + ": " + word})
		return nil
	})
}

// longest is the length of the smallest part that may be announced.
func (p BoughtPrefix) longest() int {
	if prefix, err := netip.ParsePrefix(p.Prefix); err == nil {
		return max(p.Longest, prefix.Bits())
	}
	return p.Longest
}
