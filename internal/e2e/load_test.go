package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-host/berth/internal/load"
)

// What the demo knows.
const (
	demoUser = "user12345-6789-0123-4567-890123456789"
	demoKey  = "your_api_key_here"
)

// TestLoadCommand empties the demo's wallet: it pays for 261 servers, and for not one more.
func TestLoadCommand(t *testing.T) {
	demo := start(t, nil, "demo", "--listen", "127.0.0.1:0")
	args := []string{"load", "--url", demo.url(t), "--user", demoUser, "--key", demoKey, "--orders", "300"}
	got := command(t, nil, append([]string{"--json"}, args...)...)
	var report load.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.code != 0 {
		t.Fatalf("got exit code %d and %q, want a report: %v\n%s", got.code, got.out, err, got.err)
	}
	if report.Completed != 261 || report.Processing != 0 || report.Failed != 39 || report.Errors["insufficient_balance"] != 39 {
		t.Errorf("got %+v, want 261 orders and 39 refusals", report)
	}
	if strings.Contains(got.out+got.err, demoKey) {
		t.Error("the key was printed")
	}
	if got.err != "" {
		t.Errorf("got %q on standard error, which is no terminal: want no progress bar", got.err)
	}
	if got := command(t, nil, args...); got.code != 1 {
		t.Errorf("got exit code %d with an empty wallet, want 1", got.code)
	}
}

// TestProgressBar runs a load on a terminal.
func TestProgressBar(t *testing.T) {
	demo := start(t, nil, "demo", "--listen", "127.0.0.1:0")
	terminal, screen := openTerminal(t)
	cmd := exec.CommandContext(t.Context(), program, "load", "--url", demo.url(t), "--user", demoUser, "--key", demoKey, "--orders", "40", "--rate", "40")
	cmd.Env, cmd.Stderr = environment(), terminal
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	terminal.Close()
	shown, _ := io.ReadAll(screen) // ends with an error, as terminals do
	if ok, _ := regexp.Match(`\d+ orders/s, 0 failed \[#*\.+\] +\d+% \d+/40`, shown); !ok {
		t.Errorf("got %q on the terminal, want a progress bar", shown)
	}
}

// openTerminal opens a pseudo-terminal: its inner side, and the screen on which appears what is written there.
func openTerminal(t *testing.T) (terminal, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return terminal, screen
}
