package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/provision/sim"
)

// writeUpgrade is where TestWriteUpgrade leaves what it makes, such as testdata/upgrade/00002.
var writeUpgrade = flag.String("write-upgrade", "", "write a database of this schema, as later versions must be able to upgrade it, to this `folder` of testdata/upgrade")

// past is what a test must know of a database that an older program left behind.
type past struct {
	Secret string `json:"secret_key"` // BERTH_SECRET_KEY
	User   string `json:"user"`
	Key    string `json:"api_key"`
	Order  string `json:"order"`  // one of its orders
	Open   int    `json:"open"`   // how many it has not settled
	Verify any    `json:"verify"` // what 'berth verify --json' said of it
}

// TestWriteUpgrade writes the schema with data as this program makes them: a dump of each engine with every kind of
// order, settled and not. It is run once for each schema that was released, and what it wrote is never changed:
//
//	go test ./internal/e2e -run TestWriteUpgrade -write-upgrade testdata/upgrade/00002
func TestWriteUpgrade(t *testing.T) {
	if *writeUpgrade == "" {
		t.Skip("writes a test file for good, when it's told where with -write-upgrade")
	}
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			s := openShopWith(t, engine.open(t), secretKey(t)) // the key is part of what is kept
			p := s.live(t)
			_, p.Secret, _ = strings.Cut(s.env[0], "=")
			if err := json.Unmarshal([]byte(s.must(t, "--json", "verify")), &p.Verify); err != nil {
				t.Fatal(err)
			}
			about, err := json.MarshalIndent(p, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			dump := dumpSQLite
			if engine.shared {
				dump = dumpPostgres
			}
			base := filepath.Join(*writeUpgrade, engine.name)
			for path, text := range map[string][]byte{base + ".sql": dump(t, s.db), base + ".json": append(about, '\n')} {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// live lets customers do everything that is sold, and leaves some of it unsettled.
func (s *shop) live(t *testing.T) past {
	t.Helper()
	s.must(t, "user", "create", "--id", "suspended", "--name", "Suspended")
	s.must(t, "wallet", "credit", "--user", "suspended", "--amount", "25.00", "--ref", "first")
	s.must(t, "wallet", "debit", "--user", "suspended", "--amount", "5.01", "--ref", "second", "--note", "a correction, it's 'quoted'")
	s.must(t, "user", "suspend", "suspended")
	var revoked struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(s.must(t, "--json", "key", "create", "--user", "suspended")), &revoked); err != nil {
		t.Fatal(err)
	}
	s.must(t, "key", "revoke", revoked.ID)

	server := s.serve(t, "")
	url := server.url(t)
	made := s.order(t, url, "kept", `{"user_id":"buyer","plan_id":"5","os_image_id":"13","name_server":"kept"}`)
	p := past{User: s.buyer.UserID, Key: s.buyer.Key, Order: made.Order, Open: 2}
	for n, name := range []string{"one", "two", sim.NameRefuse, sim.NameLost, sim.NameWait} {
		s.order(t, url, fmt.Sprint("server-", n), fmt.Sprintf(`{"user_id":"buyer","plan_id":"5","os_image_id":"13","name_server":%q}`, name))
	}
	s.order(t, url, "renew", fmt.Sprintf(`{"user_id":"buyer","server_id":%q,"hours":"720"}`, made.Server.ID))
	s.settled(t)
	// These two stay paid: the provider is still at work when the server stops.
	for n := range p.Open {
		s.send(t, url, fmt.Sprint("open-", n), fmt.Sprintf(`{"user_id":"buyer","plan_id":"5","os_image_id":"13","name_server":%q}`, sim.NameSlow))
	}
	server.kill()
	return p
}

// answer is what of an answer matters here.
type answer struct {
	Order  string `json:"order_id"`
	Server struct {
		ID string `json:"new_id"`
	} `json:"server_status"`
}

// order places an order that must be answered as one, unless it's refused by the provider.
func (s *shop) order(t *testing.T, url, key, body string) (a answer) {
	t.Helper()
	status, text := s.send(t, url, key, body)
	if status != http.StatusOK && !strings.Contains(body, sim.NameRefuse) {
		t.Fatalf("%s: got status %d: %s", body, status, text)
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// send posts an order.
func (s *shop) send(t *testing.T, url, key, body string) (status int, text string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/API/orders/create_order", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Idempotency-Key", key)
	return s.do(t, q)
}

// do sends a request with the customer's key.
func (s *shop) do(t *testing.T, q *http.Request) (status int, text string) {
	t.Helper()
	q.Header.Set("x-api-key", s.buyer.Key)
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(all)
}

// dumpSQLite writes the statements that make the database again.
func dumpSQLite(t *testing.T, url string) []byte {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var dump bytes.Buffer
	for _, made := range rows(t, db, "SELECT name, sql, type FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid") {
		fmt.Fprintf(&dump, "%s;\n", made[1])
		if made[2] != "table" {
			continue
		}
		for _, r := range rows(t, db, "SELECT * FROM "+made[0].(string)) {
			values := make([]string, len(r))
			for i, v := range r {
				switch v := v.(type) {
				case string:
					values[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
				case int64:
					values[i] = fmt.Sprint(v)
				default: // the time at which a migration was applied
					values[i] = "'2026-01-01 00:00:00'"
				}
			}
			fmt.Fprintf(&dump, "INSERT INTO %s VALUES (%s);\n", made[0], strings.Join(values, ", "))
		}
	}
	return dump.Bytes()
}

// rows reads all rows of a query.
func rows(t *testing.T, db *sql.DB, query string) (all [][]any) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		row := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range row {
			places[i] = &row[i]
		}
		if err := found.Scan(places...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// dumpPostgres is pg_dump's, without the lines that are for psql.
func dumpPostgres(t *testing.T, url string) []byte {
	t.Helper()
	bin, err := pgtest.BinDir()
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), filepath.Join(bin, "pg_dump"), "--inserts", "--no-owner", "--no-privileges", "--dbname", url).Output()
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "\\") && !strings.HasPrefix(line, "--") && strings.TrimSpace(line) != "" {
			dump.WriteString(line)
		}
	}
	return dump.Bytes()
}
