package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// issue writes a new certificate for 127.0.0.1 into the two files.
func issue(t *testing.T, name, certFile, keyFile string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestCertificateIsReloaded(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	issue(t, "one", certFile, keyFile)
	var log bytes.Buffer
	now := time.Unix(0, 0)
	c, err := openCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	holds := func(what, want string) {
		t.Helper()
		if got := c.get().Leaf.Subject.CommonName; got != want {
			t.Errorf("%s: got certificate %q, want %q", what, got, want)
		}
	}
	holds("at the start", "one")
	issue(t, "two", certFile, keyFile)
	holds("within the second", "one")
	now = now.Add(certificateEvery)
	holds("a second later", "two")

	newKey, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	issue(t, "three", certFile, filepath.Join(folder, "other.pem")) // the certificate is renewed, its key isn't yet
	for range 3 {
		now = now.Add(certificateEvery)
		holds("half renewed", "two")
	}
	if n := strings.Count(log.String(), "the old one stays"); n != 1 {
		t.Errorf("got %d complaints, want one\n%s", n, &log)
	}
	if strings.Contains(log.String(), string(newKey)) {
		t.Error("the key is in the log")
	}
	if err := os.Rename(filepath.Join(folder, "other.pem"), keyFile); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateEvery)
	holds("renewed", "three")
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateEvery)
	holds("removed", "three")
	if !strings.Contains(log.String(), "a new certificate is in use") {
		t.Errorf("got the log\n%s", &log)
	}
}

func TestServeOverTLS(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	cert := issue(t, "berth", certFile, keyFile)
	shop := sqliteShop(t)
	s := shop.serve(nil, "--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(s.url, "https://") {
		t.Errorf("got %s, want https", s.url)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	a, err := post(client, s.url+orderPath, serverOrder, "x-api-key", shop.key)
	if err != nil || a.status != 200 {
		t.Errorf("got status %d, %v, %v", a.status, a.body, err)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}}}
	if _, err := old.Get(s.url + "/healthz"); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
}
