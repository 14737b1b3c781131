package seal

import "crypto/rand"

// passwordLength and the alphabet of generated passwords: 119 bits, and no sign that a shell, a form or the comma of
// an answer's metadata would trip over.
const (
	passwordLength = 20
	alphabet       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// Password makes a password of 20 letters and digits.
func Password() string {
	var out [passwordLength]byte
	var random [2 * passwordLength]byte
	for n := 0; n < len(out); {
		rand.Read(random[:])
		for _, b := range random {
			// Bytes beyond the last whole alphabet are left out: a remainder would favour the first letters.
			if b < byte(256/len(alphabet)*len(alphabet)) && n < len(out) {
				out[n] = alphabet[int(b)%len(alphabet)]
				n++
			}
		}
	}
	return string(out[:])
}
