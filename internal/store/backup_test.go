package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

func pathOf(url string) string { return strings.TrimPrefix(url, "sqlite:") }

// selling sells without a pause until stop, and tells how often once it stopped.
func selling(t testing.TB, url string) (stop func() int) {
	t.Helper()
	s := openURL(t, url)
	end, sold, started := make(chan struct{}), make(chan int, 1), make(chan struct{})
	go func() {
		defer s.Close()
		for n := 0; ; n++ {
			if n == 1 {
				close(started)
			}
			select {
			case <-end:
				sold <- n
				return
			default:
			}
			if err := sell(s, "anna", 1); err != nil {
				t.Errorf("sell beside a copy: %v", err)
				<-end
				sold <- n
				return
			}
			if _, err := s.Seal(context.Background()); err != nil {
				t.Errorf("seal beside a copy: %v", err)
			}
		}
	}()
	<-started
	return func() int { close(end); return <-sold }
}

// backup makes one and returns its path.
func backup(t testing.TB, url string) (string, store.Backup) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.db")
	b, err := store.MakeBackup(t.Context(), url, path, store.BackupOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return path, b
}

// TestBackupBesideWriter takes a copy while somebody writes, restores it, and finds one instant of the original.
func TestBackupBesideWriter(t *testing.T) {
	url := filled(t, "sqlite", 200)
	stop := selling(t, url)
	var steps []string
	path := filepath.Join(t.TempDir(), "backup.db")
	b, err := store.MakeBackup(t.Context(), url, path, store.BackupOptions{Progress: func(what string, done, total int64) {
		if !slices.Contains(steps, what) {
			steps = append(steps, what)
		}
	}})
	sold := stop()
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Report; got.Wrong > 0 || got.Orders < 201 || got.Orders > int64(200+sold) || got.Entries != got.Orders+1 || got.Head.Seq == 0 {
		t.Errorf("got %+v beside %d sales, want one instant of them", got, sold)
	}
	if want := []string{"Copying", "Checking", "Verifying"}; !slices.Equal(steps, want) {
		t.Errorf("got steps %q, want %q", steps, want)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != b.Size {
		t.Errorf("got %v, %v, want a file of mode 0600 and %d bytes", info, err, b.Size)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v, want the backup alone", left, err)
	}

	restored := newURL(t, "sqlite")
	r, err := store.Restore(t.Context(), path, restored, store.BackupOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Report.Head != b.Report.Head || r.Rows() != b.Rows() || r.Report.Balance != b.Report.Balance {
		t.Errorf("got %+v restored, want %+v", r, b)
	}
	sameDumps(t, "the restored database", dump(t, restored), dump(t, "sqlite:"+path))
	// What came after the backup only adds to it: its head is one that the original's chain went through.
	for name, at := range map[string]string{"the original": url, "the restored": restored} {
		s := openURL(t, at)
		if err := sell(s, "anna", 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if report, err := berth.Verify(t.Context(), s, b.Report.Head, nil); err != nil || report.Wrong > 0 {
			t.Errorf("%s since the backup: got %+v, %v", name, report.Findings, err)
		}
		s.Close()
	}
}

// TestRestoreReadsCommits restores from a file that somebody has open: its newest commits are beside it.
func TestRestoreReadsCommits(t *testing.T) {
	url := filled(t, "sqlite", 3)
	s := openURL(t, url)
	defer s.Close()
	if err := sell(s, "anna", 1); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(pathOf(url) + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("the log is empty, %v: the test shows nothing", err)
	}
	b, err := store.Restore(t.Context(), pathOf(url), newURL(t, "sqlite"), store.BackupOptions{})
	if err != nil || b.Report.Orders != 4 {
		t.Errorf("got %+v, %v, want 4 orders", b.Report, err)
	}
}

// TestRestoreLeavesBackupAlone restores from where nothing can be written, as from a mounted backup.
func TestRestoreLeavesBackupAlone(t *testing.T) {
	path, _ := backup(t, filled(t, "sqlite", 3))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	if _, err := store.Restore(t.Context(), path, newURL(t, "sqlite"), store.BackupOptions{}); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the backup was changed: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v beside the backup, want nothing", left, err)
	}
}

// TestDamagedBackup restores nothing of a file in which a bit is wrong.
func TestDamagedBackup(t *testing.T) {
	path, b := backup(t, filled(t, "sqlite", 300))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite := func(at int, with string) string { return string(whole[:at]) + with + string(whole[at+len(with):]) }
	// The notes of entries, which stand behind the order's id: no structure of SQLite's is there to be damaged. All of
	// them, since a page may have a stale one where nothing is kept.
	notes := regexp.MustCompile("("+berth.AccountSales+"[0-9a-f-]{36})"+regexp.QuoteMeta(oddText)).
		ReplaceAll(whole, []byte("${1}"+strings.Replace(oddText, "ä", "ö", 1)))
	for _, c := range []struct{ name, text, want string }{
		{"cut short", string(whole[:len(whole)/2]), "damaged"},
		{"cut to a page", string(whole[:4096]), "damaged"},
		{"empty", "", "no database of Berth"},
		{"a text", strings.Repeat("not a database\n", 1000), "damaged"},
		{"a page of zeros", overwrite(len(whole)/2/4096*4096, strings.Repeat("\x00", 4096)), "damaged"},
		{"an entry's amount in the books", changedRow(t, path, "UPDATE entries SET amount = amount + 1 WHERE seq = 7"), ""},
		{"a byte of the notes", string(notes), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			damaged, target := filepath.Join(t.TempDir(), "damaged.db"), newURL(t, "sqlite")
			if err := os.WriteFile(damaged, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			refuse := errors.New("the books are wrong")
			_, err := store.Restore(t.Context(), damaged, target, store.BackupOptions{Accept: func(_ context.Context, _ berth.Reader, b store.Backup) error {
				if b.Report.Wrong > 0 {
					return refuse
				}
				return nil
			}})
			if c.want == "" && !errors.Is(err, refuse) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if left, err := os.ReadDir(filepath.Dir(pathOf(target))); err != nil || len(left) > 0 {
				t.Errorf("got %v, %v, want nothing left", left, err)
			}
		})
	}
	if b.Rows() < 1500 {
		t.Errorf("got %d rows: too few to damage", b.Rows())
	}
}

// changedRow is the content of a database file after a statement that was run behind Berth's back.
func changedRow(t testing.TB, path, statement string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.db")
	if err := os.WriteFile(changed, text, 0o600); err != nil {
		t.Fatal(err)
	}
	change(t, "sqlite:"+changed, statement)
	change(t, "sqlite:"+changed, "PRAGMA wal_checkpoint(TRUNCATE)")
	if text, err = os.ReadFile(changed); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCopiesReplaceNothing has every place that isn't free.
func TestCopiesReplaceNothing(t *testing.T) {
	url := filled(t, "sqlite", 3)
	path, _ := backup(t, url)
	if _, err := store.MakeBackup(t.Context(), url, path, store.BackupOptions{}); err == nil || !strings.Contains(err.Error(), "never replaces") {
		t.Errorf("a second backup of one name: got %v", err)
	}
	if _, err := store.MakeBackup(t.Context(), url, pathOf(url), store.BackupOptions{}); err == nil || !strings.Contains(err.Error(), "never replaces") {
		t.Errorf("onto the database itself: got %v", err)
	}
	place := func(name, text string) string {
		url := newURL(t, "sqlite")
		if err := os.WriteFile(pathOf(url)+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return url
	}
	served := newURL(t, "sqlite")
	openURL(t, served).Close()
	server, err := store.Open(t.Context(), served, store.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := os.Remove(pathOf(served)); err != nil { // by an operator who thinks that this is enough
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"a database", path, url, "never replaces"},
		{"any other file", path, place("", "x"), "never replaces"},
		{"the log of a database that is gone", path, place("-wal", ""), "move it away"},
		{"a journal", path, place("-journal", "x"), "move it away"},
		{"a place that is served", path, served, "move it away"},
		{"no backup", path + ".absent", newURL(t, "sqlite"), "there is no backup"},
		{"a folder", filepath.Dir(path), newURL(t, "sqlite"), "there is no backup"},
		{"PostgreSQL", path, "postgres://127.0.0.1:1/x", store.ErrNotSQLite.Error()},
	} {
		before := dump(t, url)
		if _, err := store.Restore(t.Context(), c.from, c.to, store.BackupOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		sameDumps(t, c.name, dump(t, url), before)
	}
	if _, err := store.Restore(t.Context(), path, place("", ""), store.BackupOptions{}); err != nil {
		t.Errorf("onto an empty file: got %v", err)
	}
	if _, err := store.MakeBackup(t.Context(), "sqlite:"+path+".absent", path+".new", store.BackupOptions{}); err == nil || exists(path+".new") {
		t.Errorf("of no database: got %v", err)
	}
}

// TestServedPlace holds that nothing comes to be where a server is about to make its database.
func TestServedPlace(t *testing.T) {
	path, _ := backup(t, filled(t, "sqlite", 3))
	served := newURL(t, "sqlite")
	openURL(t, served).Close()
	server, err := store.Open(t.Context(), served, store.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, name := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(pathOf(served) + name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if _, err := store.Restore(t.Context(), path, served, store.BackupOptions{}); err == nil || !strings.Contains(err.Error(), "another process serves") {
		t.Errorf("got %v", err)
	}
}

// TestCopyCancelled stops a copy in the middle, and somebody else takes its name at the end.
func TestCopyCancelled(t *testing.T) {
	url := filled(t, "sqlite", 100)
	for _, at := range []string{"Copying", "Checking", "Verifying"} {
		folder := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := store.MakeBackup(ctx, url, filepath.Join(folder, "b.db"), store.BackupOptions{Progress: func(what string, _, _ int64) {
			if what == at {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupt") {
			t.Errorf("%s: got %v, want %v", at, err, context.Canceled)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%s: got %v, %v, want nothing left", at, left, err)
		}
	}
	path := filepath.Join(t.TempDir(), "b.db")
	_, err := store.MakeBackup(t.Context(), url, path, store.BackupOptions{Accept: func(context.Context, berth.Reader, store.Backup) error {
		return os.WriteFile(path, []byte("theirs"), 0o600)
	}})
	if text, _ := os.ReadFile(path); err == nil || string(text) != "theirs" {
		t.Errorf("got %v and %q, want theirs kept", err, text)
	}
}
