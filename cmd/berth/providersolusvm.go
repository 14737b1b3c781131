package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/berth-host/berth/internal/provision/solusvm"
	"github.com/berth-host/berth/internal/settings"
)

// readSolusVM reads the settings of a SolusVM 2 panel. What is wrong with their values is told here, before anything
// is opened.
func readSolusVM(r *settings.Reading) (opener, error) {
	o := solusvm.Options{
		BaseURL: r.Required("base_url"), Token: r.Secret("token"), Certificate: r.Text("certificate", ""), Insecure: r.Bool("insecure", false),
		Grace: r.Duration("grace", 0), SendTimeout: r.Duration("send_timeout", 0), Poll: r.Duration("poll", 0), Now: wallClock,
		Plans: map[string]int64{}, Images: map[int64]int64{}, Locations: map[string]int64{},
	}
	ca := r.Text("ca_file", "")
	var err error
	if o.RootCAs, err = certificates(ca); err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	trust := 0
	for _, given := range []bool{ca != "", o.Certificate != "", o.Insecure} {
		if given {
			trust++
		}
	}
	if trust > 1 {
		return nil, errors.New("ca_file: give ca_file, certificate or insecure, one of the three")
	}
	if text := r.Text("user", ""); text != "" {
		if o.User, err = strconv.ParseInt(text, 10, 64); err != nil || o.User <= 0 {
			return nil, fmt.Errorf("user: %q is not the id of a user in the panel", text)
		}
	}
	if err := errors.Join(
		mapping(r, "plans", func(ours string, theirs int64) error { o.Plans[ours] = theirs; return nil }),
		mapping(r, "locations", func(ours string, theirs int64) error { o.Locations[ours] = theirs; return nil }),
		mapping(r, "images", func(ours string, theirs int64) error {
			id, err := strconv.ParseInt(ours, 10, 64)
			o.Images[id] = theirs
			return err
		})); err != nil {
		return nil, err
	}
	// Everything but the installation's id is known now, so the rest is judged now, too; a token that is missing is
	// told by the reading itself.
	trial := o
	if trial.Installation = "none"; trial.Token == "" {
		trial.Token = "none"
	}
	if _, err := solusvm.New(trial); err != nil && o.BaseURL != "" {
		return nil, err
	}
	return func(installation string) (any, error) {
		o.Installation = installation
		return solusvm.New(o)
	}, nil
}

// certificates reads the authorities that are trusted beside no other; nil for the system's.
func certificates(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// mapping reads a list of OURS=THEIRS, where theirs is a number of the panel.
func mapping(r *settings.Reading, key string, add func(ours string, theirs int64) error) error {
	text := r.Text(key, "")
	if text == "" {
		return nil
	}
	for _, pair := range strings.Split(text, ",") {
		at := strings.LastIndex(pair, "=")
		if at < 1 {
			return fmt.Errorf("%s: %q is not OURS=THEIRS, such as 5=12", key, pair)
		}
		theirs, err := strconv.ParseInt(strings.TrimSpace(pair[at+1:]), 10, 64)
		if err != nil || theirs <= 0 || add(strings.TrimSpace(pair[:at]), theirs) != nil {
			return fmt.Errorf("%s: %q is not OURS=THEIRS, such as 5=12", key, pair)
		}
	}
	return nil
}
