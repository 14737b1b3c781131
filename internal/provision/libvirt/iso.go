package libvirt

import (
	"bytes"
	"encoding/binary"
)

// file is one file of a seed disk.
type file struct {
	short string // the name that plain ISO 9660 allows
	name  string // the name that counts, a Rock Ridge entry
	text  string
}

// The layout of the disk, in sectors: 16 that are the system's, then these.
const (
	sector      = 2048
	volumeAt    = 16
	endAt       = 17
	littleAt    = 18 // the path table, least significant byte first
	bigAt       = 19
	rootAt      = 20
	firstFileAt = 21
)

// iso is an ISO 9660 disk (ECMA-119) with the Rock Ridge names that Linux reads: one folder, and no file larger than
// a folder's sector can list. All dates are none, so the same files make the same disk.
func iso(label string, files []file) []byte {
	// "." says that Rock Ridge is here: SP opens it, PX makes it a folder, ER names the extension.
	dot := joined("SP\x07\x01\xbe\xef\x00", attributes(0o040555, 2), "ER\x12\x01\x0a\x00\x00\x01RRIP_1991A")
	root := record("\x00", dot, rootAt, sector, true)
	root = append(root, record("\x01", attributes(0o040555, 2), rootAt, sector, true)...)
	var contents []byte
	at := uint32(firstFileAt)
	for _, f := range files {
		name := joined("NM", string([]byte{byte(len(f.name) + 5)}), "\x01\x00", f.name)                                // #nosec G115 -- our own short names
		root = append(root, record(f.short, joined(attributes(0o100444, 1), name), at, uint32(len(f.text)), false)...) // #nosec G115 -- our own short texts
		contents = append(contents, padded([]byte(f.text))...)
		at = firstFileAt + uint32(len(contents)/sector) // #nosec G115 -- the same
	}
	disk := make([]byte, volumeAt*sector)
	disk = append(disk, padded(volumeDescriptor(label, at))...)
	disk = append(disk, padded([]byte("\xffCD001\x01"))...)
	disk = append(disk, padded([]byte{1, 0, rootAt, 0, 0, 0, 1, 0, 0, 0})...)
	disk = append(disk, padded([]byte{1, 0, 0, 0, 0, rootAt, 0, 1, 0, 0})...)
	disk = append(disk, padded(root)...)
	return append(disk, contents...)
}

// volumeDescriptor tells the size of the disk, its label, and where the folder is.
func volumeDescriptor(label string, sectors uint32) []byte {
	v := make([]byte, 881)
	copy(v, "\x01CD001\x01")
	for i := 8; i < 72; i++ {
		v[i] = ' '
	}
	copy(v[40:72], label)
	copy(v[80:], both32(sectors))
	copy(v[120:], both16(1)) // one disk of a set of one
	copy(v[124:], both16(1))
	copy(v[128:], both16(sector))
	copy(v[132:], both32(10)) // bytes of the path table
	binary.LittleEndian.PutUint32(v[140:], littleAt)
	binary.BigEndian.PutUint32(v[148:], bigAt)
	copy(v[156:], record("\x00", "", rootAt, sector, true))
	for i := 190; i < 813; i++ {
		v[i] = ' ' // who published it, prepared it, and so on
	}
	for i := 813; i < 881; i++ {
		v[i] = '0' // four dates that aren't given
		if (i-813)%17 == 16 {
			v[i] = 0
		}
	}
	return append(v, 1)
}

// record is one entry of a folder. system is what Rock Ridge adds.
func record(name, system string, at, size uint32, folder bool) []byte {
	r := make([]byte, 33, 128)
	copy(r[2:], both32(at))
	copy(r[10:], both32(size))
	if folder {
		r[25] = 2
	}
	copy(r[28:], both16(1))
	r[32] = byte(len(name)) // #nosec G115 -- our own short names
	r = append(r, name...)
	if len(r)%2 != 0 {
		r = append(r, 0)
	}
	r = append(r, system...)
	if len(r)%2 != 0 {
		r = append(r, 0)
	}
	r[0] = byte(len(r)) // #nosec G115 -- below 128 for our names
	return r
}

// attributes are Rock Ridge's PX: mode and links, owned by root.
func attributes(mode, links uint32) string {
	return joined("PX\x24\x01", string(both32(mode)), string(both32(links)), string(both32(0)), string(both32(0)))
}

func joined(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		b.WriteString(p)
	}
	return b.String()
}

// both32 and both16 are numbers as ISO 9660 has them: in one byte order, then in the other.
func both32(n uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, n), n)
}

func both16(n uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, n), n)
}

func padded(b []byte) []byte {
	return append(b, make([]byte, (sector-len(b)%sector)%sector)...)
}
