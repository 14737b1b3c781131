package libvirt

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"strings"

	lv "github.com/digitalocean/go-libvirt"
)

// alphabet is crypt's own base 64.
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// saltOf is the salt of a server's first password: the same for calls that are repeated, another one for each server.
func saltOf(id lv.UUID) string {
	return saltFrom(sha256.Sum256(append([]byte("berth salt "), id[:]...)))
}

func newSalt() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return saltFrom(raw)
}

func saltFrom(raw [32]byte) string {
	var b strings.Builder
	for _, c := range raw[:16] {
		b.WriteByte(alphabet[c&63])
	}
	return b.String()
}

// crypt is the hash of a password that Unix systems keep, SHA-crypt with SHA-512 and 5000 rounds, as its author
// specified it ("Unix crypt using SHA-256 and SHA-512"). So the password itself lies on no disk. The salt has at most
// 16 characters.
func crypt(password, salt string) string {
	const rounds = 5000
	p, s := []byte(password), []byte(salt)
	b := digest(p, s, p)
	a := append(append([]byte{}, p...), s...)
	a = append(a, repeat(b, len(p))...)
	for n := len(p); n > 0; n >>= 1 {
		if n&1 != 0 {
			a = append(a, b...)
		} else {
			a = append(a, p...)
		}
	}
	sum := digest(a)
	var many []byte
	for range p {
		many = append(many, p...)
	}
	pp := repeat(digest(many), len(p))
	many = nil
	for range 16 + int(sum[0]) {
		many = append(many, s...)
	}
	ss := repeat(digest(many), len(s))
	for i := range rounds {
		var parts [][]byte
		if i%2 != 0 {
			parts = append(parts, pp)
		} else {
			parts = append(parts, sum)
		}
		if i%3 != 0 {
			parts = append(parts, ss)
		}
		if i%7 != 0 {
			parts = append(parts, pp)
		}
		if i%2 != 0 {
			parts = append(parts, sum)
		} else {
			parts = append(parts, pp)
		}
		sum = digest(parts...)
	}
	return "$6$" + salt + "$" + encode(sum)
}

func digest(parts ...[]byte) []byte {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// repeat is sum over and over, cut at n bytes.
func repeat(sum []byte, n int) []byte {
	var out []byte
	for len(out) < n {
		out = append(out, sum[:min(len(sum), n-len(out))]...)
	}
	return out
}

// encode writes the sum by threes, in the order that crypt shuffles them to, and the last byte alone.
func encode(sum []byte) string {
	var out strings.Builder
	put := func(v uint, n int) {
		for ; n > 0; n, v = n-1, v>>6 {
			out.WriteByte(alphabet[v&63])
		}
	}
	i, j, k := 0, 21, 42
	for range 21 {
		put(uint(sum[i])<<16|uint(sum[j])<<8|uint(sum[k]), 4)
		i, j, k = j+1, k+1, i+1
	}
	put(uint(sum[63]), 2)
	return out.String()
}
