package seal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/berth-host/berth"
)

// checkRow is the row name that the check value is sealed for.
const checkRow = "meta/" + berth.MetaSecretCheck

// Sealer is a ring that opens its database's check value. It implements berth.Sealer.
//
// The check value is 32 random bytes, sealed like everything else. Opening it proves that the right key was given,
// before a password is sealed that nobody could open again. The bytes themselves are the key of request marks, so
// that marks outlive a rotation: a client may repeat an order on either side of it.
type Sealer struct {
	*Ring
	mark []byte
}

var _ berth.Sealer = (*Sealer)(nil)

// ErrWrongKey is in the chain when a key doesn't open the database's check value.
var ErrWrongKey = errors.New("the secret key is not the one that this database was sealed with")

// Unlock proves the ring against the database and returns its Sealer. A database without a check value gets one:
// several processes may do that at once, and all end with the same.
func Unlock(ctx context.Context, s berth.Store, r *Ring) (*Sealer, error) {
	var fresh [sha256.Size]byte
	rand.Read(fresh[:])
	sealedFresh := r.Seal(checkRow, string(fresh[:]))
	sealed, known, err := s.Meta(ctx, berth.MetaSecretCheck)
	if err != nil {
		return nil, err
	}
	if !known {
		err = s.Write(ctx, berth.Need{Meta: []string{berth.MetaSecretCheck}}, func(b *berth.Book) error {
			if sealed, known = b.Meta(berth.MetaSecretCheck); !known {
				sealed = sealedFresh
				b.PutMeta(berth.MetaSecretCheck, sealed)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	mark, err := r.Open(checkRow, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	return &Sealer{Ring: r, mark: []byte(mark)}, nil
}

// Reseal seals the database's check value anew with the ring's newest key. The marks stay as they are.
func (s *Sealer) Reseal(ctx context.Context, store berth.Store) error {
	return store.Write(ctx, berth.Need{Meta: []string{berth.MetaSecretCheck}}, func(b *berth.Book) error {
		if _, ok := b.Meta(berth.MetaSecretCheck); ok {
			b.PutMeta(berth.MetaSecretCheck, s.Seal(checkRow, string(s.mark)))
		}
		return nil
	})
}

// Mark is a keyed digest of data (HMAC-SHA-256): without the key nobody can try passwords against it.
func (s *Sealer) Mark(data []byte) string {
	h := hmac.New(sha256.New, s.mark)
	h.Write(data)
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil))
}

// CheckVersion tells with which key the database's check value is sealed. Reseal is a rotation's last step, so a
// check value older than the ring's newest key means that a rotation didn't come to its end.
func (s *Sealer) CheckVersion(ctx context.Context, r berth.Reader) (int, error) {
	sealed, _, err := r.Meta(ctx, berth.MetaSecretCheck)
	return Version(sealed), err
}
