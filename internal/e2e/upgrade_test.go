package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/load"
)

// TestUpgrade brings the databases that earlier programs left behind to this program's schema: nothing of them is lost
// or counts for something else, what was under way is finished, and new orders come in.
func TestUpgrade(t *testing.T) {
	schemas, err := filepath.Glob("testdata/upgrade/*")
	if err != nil || len(schemas) == 0 {
		t.Fatalf("there are no databases to upgrade: %v", err)
	}
	for _, schema := range schemas {
		for _, engine := range engines {
			t.Run(filepath.Base(schema)+"/"+engine.name, func(t *testing.T) {
				t.Parallel()
				upgrade(t, filepath.Join(schema, engine.name), engine.open(t))
			})
		}
	}
}

func upgrade(t *testing.T, from, db string) {
	var p past
	text, err := os.ReadFile(from + ".json")
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	dump, dumpErr := os.ReadFile(from + ".sql")
	if err != nil || dumpErr != nil {
		t.Fatal(err, dumpErr)
	}
	fill(t, db, string(dump))
	dir := t.TempDir()
	s := &shop{db: db, env: []string{"BERTH_SECRET_KEY=" + p.Secret}, config: filepath.Join(dir, "berth.yaml"),
		machines: filepath.Join(dir, "machines"), buyer: load.Buyer{UserID: p.User, Key: p.Key}}
	if err := os.WriteFile(s.config, []byte(strings.Replace(config, "JOURNAL", s.machines+"\n    slow_for: 10ms", 1)), 0o600); err != nil {
		t.Fatal(err)
	}

	s.must(t, "migrate")
	was, _ := p.Verify.(map[string]any)
	is := s.verdict(t)
	for _, name := range []string{"ok", "wallets", "entries", "orders", "orders_by_state", "balance", "wrong", "findings"} {
		if !reflect.DeepEqual(is[name], was[name]) || was[name] == nil {
			t.Errorf("%s: verify says %v after the upgrade, and said %v before", name, is[name], was[name])
		}
	}

	if filepath.Base(filepath.Dir(from)) < "00004" { // from before there was a clock: it leaves them alone for a week
		services, err := s.read(t).Services(t.Context(), "", 1000)
		if err != nil || len(services) == 0 {
			t.Fatalf("got %d services, %v", len(services), err)
		}
		for _, v := range services {
			if in := time.Until(time.UnixMicro(v.DueAt)); in < 6*24*time.Hour {
				t.Errorf("the clock looks at service %s in %v, want a week", v.ID, in)
			}
		}
	}
	server := s.serve(t, "")
	url := server.url(t)
	s.settled(t)
	if status, text := s.ask(t, url+"/API/orders/list_order?user_id="+p.User+"&order_id="+p.Order); status != http.StatusOK || !strings.Contains(text, p.Order) {
		t.Errorf("list_order of an order from before the upgrade: got %d %s", status, text)
	}
	s.order(t, url, "after-the-upgrade", `{"user_id":"buyer","plan_id":"5","os_image_id":"13","name_server":"new"}`)
	if code := server.stop(t); code != 0 {
		t.Errorf("got exit code %d at SIGTERM, want 0", code)
	}
	want := states(was)
	want["completed"] += float64(p.Open) + 1
	delete(want, "paid")
	if head, ok := was["head"].(string); ok { // of a schema that has the chain: nothing before it was changed
		s.must(t, "verify", "--since", head)
	}
	if got := states(s.verdict(t)); !reflect.DeepEqual(got, want) {
		t.Errorf("there are %v orders, want %v", got, want)
	}
}

// verdict is what 'verify' says, which must be that nothing is wrong.
func (s *shop) verdict(t *testing.T) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.must(t, "--json", "verify")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// states are the orders by state in a verdict.
func states(verdict map[string]any) map[string]float64 {
	found := map[string]float64{}
	list, _ := verdict["orders_by_state"].(map[string]any)
	for state, n := range list {
		if n, _ := n.(float64); n > 0 {
			found[state] = n
		}
	}
	return found
}

// ask is a GET with the customer's key.
func (s *shop) ask(t *testing.T, url string) (status int, text string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.do(t, q)
}

// fill runs a dump on an empty database.
func fill(t *testing.T, url, dump string) {
	t.Helper()
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "BEGIN;"+dump+"COMMIT;"); err != nil {
			t.Fatal(fmt.Errorf("run the dump: %w", err))
		}
		return
	}
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	if _, err := db.PgConn().Exec(t.Context(), "BEGIN;"+dump+"COMMIT;").ReadAll(); err != nil {
		t.Fatal(fmt.Errorf("run the dump: %w", err))
	}
}
