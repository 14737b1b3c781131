package seal

import (
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	seen := map[string]bool{}
	letters := map[rune]int{}
	const many = 5000
	for range many {
		p := Password()
		if len(p) != passwordLength || strings.Trim(p, alphabet) != "" || seen[p] {
			t.Fatalf("got %q, want 20 new letters and digits", p)
		}
		seen[p] = true
		for _, c := range p {
			letters[c]++
		}
	}
	// Each letter's share is 1/62 of 100,000, give or take: six deviations either way is never met by chance.
	mean := many * passwordLength / len(alphabet)
	for _, c := range alphabet {
		if n := letters[c]; n < mean-240 || n > mean+240 {
			t.Errorf("%q came %d times, want about %d", c, n, mean)
		}
	}
}
