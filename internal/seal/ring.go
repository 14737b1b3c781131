// Package seal keeps secrets at rest: the root passwords of servers, above all. A secret is sealed with AES-256-GCM
// for one row of the database, so that a sealed text moved to another row doesn't open; the key has a version, so
// that a new one can take over while the old one still opens what it sealed.
//
//	Ring    the keys: seals and opens (from BERTH_SECRET_KEY or a key file)
//	Sealer  a ring that has proved itself against a database, and can mark requests, too
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// keyLength is that of AES-256, in bytes.
const keyLength = 32

// maxVersion bounds key versions, so that one is never mistaken for a date or a key.
const maxVersion = 999_999

// Ring is a set of keys by version. The highest version seals; all open. It is only read once it is made, so any
// goroutine may use it.
type Ring struct {
	keys    map[int]cipher.AEAD
	text    map[int]string // base64, to write the ring down again
	highest int
	prefix  string // "v<highest>:", which begins everything sealed
}

// ParseRing reads `VERSION:BASE64(32 bytes)` entries joined by commas; a bare base64 value is version 1. No part of
// the text is ever repeated in an error, for it is a secret.
func ParseRing(text string) (*Ring, error) {
	r := &Ring{keys: map[int]cipher.AEAD{}, text: map[int]string{}}
	for i, entry := range strings.Split(text, ",") {
		version, key, err := parseKey(strings.TrimSpace(entry))
		if err != nil {
			return nil, fmt.Errorf("secret key, entry %d: %w", i+1, err)
		}
		if r.keys[version] != nil {
			return nil, fmt.Errorf("secret key, entry %d: version %d is given twice", i+1, version)
		}
		if err := r.add(version, key); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func parseKey(entry string) (version int, key []byte, err error) {
	version = 1
	number, encoded, versioned := strings.Cut(entry, ":")
	if !versioned {
		encoded = number
	} else if version, err = strconv.Atoi(number); err != nil || version < 1 || version > maxVersion {
		return 0, nil, fmt.Errorf("the version before the colon must be a number between 1 and %d", maxVersion)
	}
	// Padding is optional: shells and secret stores like to lose it.
	key, err = base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(key) != keyLength {
		return 0, nil, fmt.Errorf("a key is %d random bytes in base64; 'berth secrets generate' prints one", keyLength)
	}
	return version, key, nil
}

func (r *Ring) add(version int, key []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("secret key version %d: %w", version, err)
	}
	if r.keys[version], err = cipher.NewGCM(block); err != nil {
		return fmt.Errorf("secret key version %d: %w", version, err)
	}
	r.text[version] = base64.StdEncoding.EncodeToString(key)
	if version > r.highest {
		r.highest, r.prefix = version, "v"+strconv.Itoa(version)+":"
	}
	return nil
}

// Generate makes a new key of a version, as ParseRing reads it.
func Generate(version int) string {
	var key [keyLength]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	return strconv.Itoa(version) + ":" + base64.StdEncoding.EncodeToString(key[:])
}

// Text writes the ring as ParseRing reads it, the newest key first. It is a secret: only a key file gets it.
func (r *Ring) Text() string {
	entries := make([]string, 0, len(r.text))
	for _, version := range r.Versions() {
		entries = append(entries, strconv.Itoa(version)+":"+r.text[version])
	}
	return strings.Join(entries, ",")
}

// Versions lists the versions of the ring's keys, the newest first.
func (r *Ring) Versions() []int {
	versions := make([]int, 0, len(r.keys))
	for v := range r.keys {
		versions = append(versions, v)
	}
	sort.Sort(sort.Reverse(sort.IntSlice(versions)))
	return versions
}

// Newer is the ring with one more key, freshly made, which from now on seals.
func (r *Ring) Newer() (*Ring, error) {
	if r.highest >= maxVersion {
		return nil, fmt.Errorf("secret key: version %d is the last there can be", maxVersion)
	}
	return ParseRing(Generate(r.highest+1) + "," + r.Text())
}

// Newest is the ring without all keys but the one that seals.
func (r *Ring) Newest() (*Ring, error) {
	return ParseRing(strconv.Itoa(r.highest) + ":" + r.text[r.highest])
}

// Seal encrypts text for one row, as `v<version>:<base64 of nonce, text and tag>`.
func (r *Ring) Seal(row, text string) string {
	key := r.keys[r.highest]
	buffer := make([]byte, key.NonceSize(), key.NonceSize()+len(text)+key.Overhead())
	rand.Read(buffer)
	sealed := key.Seal(buffer, buffer, []byte(text), []byte(row))
	out := make([]byte, len(r.prefix)+base64.RawStdEncoding.EncodedLen(len(sealed)))
	copy(out, r.prefix)
	base64.RawStdEncoding.Encode(out[len(r.prefix):], sealed)
	return string(out)
}

// errDamaged says as little as possible about a sealed text.
var errDamaged = errors.New("the sealed text is damaged")

// Open returns the text that was sealed for this row. It fails when the ring lacks the key, when the text was sealed
// for another row, or when it was changed.
func (r *Ring) Open(row, sealed string) (string, error) {
	version, raw, err := split(sealed)
	if err != nil {
		return "", err
	}
	key := r.keys[version]
	if key == nil {
		return "", fmt.Errorf("it is sealed with secret key version %d, which is not among those given", version)
	}
	if len(raw) < key.NonceSize() {
		return "", errDamaged
	}
	text, err := key.Open(nil, raw[:key.NonceSize()], raw[key.NonceSize():], []byte(row))
	if err != nil {
		return "", fmt.Errorf("secret key version %d does not open it", version)
	}
	return string(text), nil
}

// Version tells which key sealed a text, 0 when it isn't sealed at all.
func Version(sealed string) int {
	version, _, err := split(sealed)
	if err != nil {
		return 0
	}
	return version
}

func split(sealed string) (version int, raw []byte, err error) {
	head, body, ok := strings.Cut(sealed, ":")
	digits, tagged := strings.CutPrefix(head, "v")
	if !ok || !tagged {
		return 0, nil, errDamaged
	}
	if version, err = strconv.Atoi(digits); err != nil || version < 1 {
		return 0, nil, errDamaged
	}
	if raw, err = base64.RawStdEncoding.DecodeString(body); err != nil {
		return 0, nil, errDamaged
	}
	return version, raw, nil
}
