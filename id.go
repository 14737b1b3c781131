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

// orderNumber is CLOUD_<local creation time>_<8 letters and digits>, as the provider documents it. The first four are the
// microsecond within the second, so that new numbers stand together in their index and a batch of them writes one page
// of it and not twenty; the others are the id's counter and 12 of its random bits. A unique index in the database stands
// behind it: should two servers ever make the same one in the same microsecond, one of the two makes another.
func orderNumber(id string, created int64, zone *time.Location) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's 32: no letter that reads as a digit
	at, n, random := parseID(id)
	bits := uint64(at%Second)<<20 | n&0xff<<12 | random&0xfff // #nosec G115 -- an instant of an id is never below zero
	var suffix [8]byte
	for i := range suffix {
		suffix[i] = alphabet[bits>>(35-5*i)&31]
	}
	return "CLOUD_" + time.UnixMicro(created).In(zone).Format("20060102150405") + "_" + string(suffix[:])
}

// parseID takes an id of IDs apart: its instant, its counter and its random bits. Of any other text it makes something.
func parseID(id string) (at int64, n, random uint64) {
	var raw [16]byte
	if len(id) == 36 {
		_, _ = hex.Decode(raw[:], []byte(id[:8]+id[9:13]+id[14:18]+id[19:23]+id[24:])) // what can't be read stays zero
	}
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	return int64(hi>>16)*1000 + int64(hi>>2&0x3ff), lo >> 46 & 0xffff, lo & (1<<46 - 1) // #nosec G115 -- 48 bits and 10
}
