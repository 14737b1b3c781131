package berth

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
)

// Batch is the row of one commit. It tells whether the commit happened, what it appended to the books, and where it
// stands in the chain.
type Batch struct {
	ID     string
	At     int64 // microseconds UTC
	Void   bool  // the commit never happened and never can
	Digest string
	LookAt int64 // when to look whether the orders that it placed are settled, microseconds UTC; 0 for never, or no more. The store's own
	Link
}

// Link is a batch's place in the hash chain. The chain is made beside the write path, a fraction of a second later;
// until then Seq is Unsealed.
type Link struct {
	Seq  int64  // 1, 2, 3... without a gap
	Hash string // hex SHA-256 over the link before, the batch's id and its digest
}

// The values of Seq that are no places in the chain.
const (
	Unsealed   int64 = 0  // to be sealed soon, or void
	BeforeSeal int64 = -1 // older than the chain itself
)

// Head is the last link of a chain, as an operator notes it down: "SEQ:HASH".
type Head Link

func (h Head) String() string { return strconv.FormatInt(h.Seq, 10) + ":" + h.Hash }

// ParseHead reads what String wrote. The head of an empty chain is "0:".
func ParseHead(text string) (Head, error) {
	place, hash, ok := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(place, 10, 64)
	sum, hexErr := hex.DecodeString(hash)
	hash = strings.ToLower(hash)
	if !ok || err != nil || seq < 0 || hexErr != nil || (len(sum) != sha256.Size) != (seq == 0) {
		return Head{}, fmt.Errorf("%.100q is no head of a chain: it must be as 'berth verify' prints it, SEQ:HASH", text)
	}
	return Head{Seq: seq, Hash: hash}, nil
}

// Next is the head once a batch with this digest is sealed.
func (h Head) Next(batch, digest string) Head {
	d := NewDigest()
	d.text(h.Hash, batch, digest)
	return Head{Seq: h.Seq + 1, Hash: d.Sum()}
}

// Anchor is what the chain begins with: a digest of all batches that are older than it, by their ids, so that nothing can
// be changed in them or slipped in among them either. It is "" when there are none.
type Anchor struct {
	digest *Digest
	count  int64
}

// Add adds a batch with the digest of the rows that name it.
func (a *Anchor) Add(batch, digest string) {
	if a.digest == nil {
		a.digest = NewDigest()
	}
	a.digest.text(batch, digest)
	a.digest.number(a.count)
	a.count++
}

// Head is the head of a chain that nothing was sealed into yet. It is asked for once, when all are added.
func (a *Anchor) Head() Head {
	if a.count == 0 {
		return Head{}
	}
	return Head{Hash: a.digest.Sum()}
}

// Sealing is what one run of the sealer did.
type Sealing struct {
	Sealed int
	Oldest int64 // the instant of the oldest batch that it sealed, 0 for none
	More   bool  // there was more than one run takes
}

// Digest makes the digest of what a batch appended. It's the same over rows that are about to be written and over
// rows that were read back, so it's fed in an order that the rows tell: entries by user and number, then events by
// place. Every field counts; fields are written with their lengths, so that none can reach into the next.
type Digest struct {
	hash   hash.Hash
	buffer []byte
}

// NewDigest makes the digest of nothing.
func NewDigest() *Digest { return &Digest{hash: sha256.New()} }

// Entry adds an entry.
func (d *Digest) Entry(e *Entry) {
	d.text("entry", e.UserID, e.Contra, e.OrderID, e.Ref, e.Note)
	d.number(e.Seq, e.Amount, e.Balance, e.At)
}

// Event adds an event.
func (d *Digest) Event(e *Event) {
	d.text("event", e.Name, e.UserID, e.OrderID, e.ServiceID, e.Detail)
	d.number(e.N, e.Amount, e.At)
}

func (d *Digest) text(list ...string) {
	for _, s := range list {
		d.buffer = append(binary.AppendUvarint(d.buffer, uint64(len(s))), s...)
	}
}

func (d *Digest) number(list ...int64) {
	for _, n := range list {
		d.buffer = binary.AppendVarint(d.buffer, n)
	}
	if len(d.buffer) > 1<<12 {
		d.flush()
	}
}

func (d *Digest) flush() {
	d.hash.Write(d.buffer)
	d.buffer = d.buffer[:0]
}

// Sum is the digest in hex. Afterwards the digest is of nothing again.
func (d *Digest) Sum() string {
	d.flush()
	defer d.hash.Reset()
	return hex.EncodeToString(d.hash.Sum(nil))
}

// Digest is the digest of what a batch appends.
func (c *Changes) Digest() string {
	d := NewDigest()
	// An order's wallet is often that of the next: one user's entries are in order already.
	byUser := func(a, b Entry) int { return cmp.Or(strings.Compare(a.UserID, b.UserID), cmp.Compare(a.Seq, b.Seq)) }
	entries := c.Entries
	if !slices.IsSortedFunc(entries, byUser) {
		entries = slices.SortedFunc(slices.Values(entries), byUser)
	}
	for i := range entries {
		d.Entry(&entries[i])
	}
	for i := range c.Events {
		d.Event(&c.Events[i])
	}
	return d.Sum()
}
