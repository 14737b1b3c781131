package seal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/berth-host/berth"
)

// Fingerprint names one key of the ring without telling anything of it: 16 hex digits by which an operator finds the
// key that a backup needs. "" when the ring has no key of that version.
func (r *Ring) Fingerprint(version int) string {
	key, err := base64.StdEncoding.DecodeString(r.text[version])
	if err != nil || len(key) == 0 {
		return ""
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("berth: fingerprint of a secret key"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// SealedWith is the version of the key that a database is sealed with, 0 for none yet.
func SealedWith(ctx context.Context, r berth.Reader) (version int, err error) {
	sealed, known, err := r.Meta(ctx, berth.MetaSecretCheck)
	if err != nil || !known {
		return 0, err
	}
	return Version(sealed), nil
}

// Fits proves the ring against a database that is only read, as a backup is; nil for one that isn't sealed yet. The
// error has ErrWrongKey in its chain when the ring doesn't open the check value.
func (r *Ring) Fits(ctx context.Context, db berth.Reader) error {
	sealed, known, err := db.Meta(ctx, berth.MetaSecretCheck)
	if err != nil || !known {
		return err
	}
	if _, err := r.Open(checkRow, sealed); err != nil {
		return fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	return nil
}
