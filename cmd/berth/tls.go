package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate serves a pair of certificate files and takes over new ones without a restart. The files are looked at
// when a client connects, once a second at most, so there's no timer to stop and a certificate renewed by any tool
// is in use within a second.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu            sync.Mutex
	looked        time.Time
	cert, key     []byte // the bytes that were last tried, good or bad
	current       *tls.Certificate
	complainedFor string
}

// certificateEvery is the time between two looks at the files.
const certificateEvery = time.Second

// openCertificate reads the files for the first time; what is wrong then ends the start.
func openCertificate(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: now, looked: now()}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("tls_cert and tls_key: %w", err)
	}
	return c, nil
}

// config is for a server that serves the certificate.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}
}

// get is the certificate in use. New files that don't load leave the old one in use, with one line in the log: a
// renewal that writes two files is half done for a moment.
func (c *certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certificateEvery {
		c.looked = now
		if err := c.load(); err != nil && err.Error() != c.complainedFor {
			c.complainedFor = err.Error()
			c.log.Error("the new certificate is not used; the old one stays", "cert", c.certFile, "key", c.keyFile, "error", err)
		}
	}
	return c.current
}

// load reads the files, and parses them if they changed.
func (c *certificate) load() error {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return err
	}
	if bytes.Equal(cert, c.cert) && bytes.Equal(key, c.key) {
		return nil
	}
	c.cert, c.key = cert, key
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	if c.current != nil {
		c.log.Info("a new certificate is in use", "cert", c.certFile, "subject", pair.Leaf.Subject.String(), "until", pair.Leaf.NotAfter)
	}
	c.current, c.complainedFor = &pair, ""
	return nil
}
