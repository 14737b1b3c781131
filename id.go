package berth

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// ZeroID is what the wire shows where an id is unused but may not be null.
const ZeroID = "00000000-0000-0000-0000-000000000000"

// Hour, Second are durations in the unit of every instant in Berth: microseconds (of UTC since 1970 for instants).
const (
	Second int64 = 1_000_000
	Hour   int64 = 3600 * Second
)

// IDs makes UUIDs of version 7 (RFC 9562, section 5.7) that sort in the order in which they were made: 48 bits of
// milliseconds, 12 bits of the microsecond within, a 16-bit counter, 46 random bits. It is owned by one goroutine.
// Sorting ids keep every index append-only and need no sequence in the database.
type IDs struct {
	Random func() uint64 // entropy; a simulation gives a seeded one
	last   int64
	n      uint64
}

// At makes the next id for an instant (microseconds UTC). Instants that run backwards are held at the newest one.
func (g *IDs) At(instant int64) string {
	if instant > g.last {
		g.last, g.n = instant, 0
	} else if g.n++; g.n > 0xffff {
		g.last, g.n = g.last+1, 0
	}
	ms, sub := uint64(g.last/1000), uint64(g.last%1000) // #nosec G115 -- never below zero, where g.last begins
	hi := ms<<16 | 7<<12 | sub<<2
	lo := 2<<62 | g.n<<46 | g.Random()>>18
	return formatUUID(hi, lo)
}

func formatUUID(hi, lo uint64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	var out [36]byte
	hex.Encode(out[0:8], raw[0:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:36], raw[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// orderNumber is CLOUD_<local creation time>_<8 letters and digits from the id's random end>, as the provider
// documents it. A unique index in the database stands behind it.
func orderNumber(id string, created int64, zone *time.Location) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's 32: no letter that reads as a digit
	tail, err := hex.DecodeString(id[26:])
	if err != nil {
		tail = make([]byte, 5)
	}
	bits := uint64(tail[0])<<32 | uint64(tail[1])<<24 | uint64(tail[2])<<16 | uint64(tail[3])<<8 | uint64(tail[4])
	var suffix [8]byte
	for i := range suffix {
		suffix[i] = alphabet[bits>>(35-5*i)&31]
	}
	return "CLOUD_" + time.UnixMicro(created).In(zone).Format("20060102150405") + "_" + string(suffix[:])
}
