package main

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine describes where the measurements were made, in one line.
func machine() string {
	parts := []string{strconv.Itoa(runtime.NumCPU()) + " cores"}
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		parts[0] += " of " + model
	}
	if kib, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		parts = append(parts, strconv.Itoa((kib+1<<19)>>20)+" GiB of memory")
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		parts = append(parts, "Linux "+strings.TrimSpace(string(text)))
	}
	if name := strings.Trim(assigned("/etc/os-release", "PRETTY_NAME"), `"`); name != "" {
		parts = append(parts, name)
	}
	return strings.Join(append(parts, runtime.Version()), ", ")
}

// field is the value of a line "name: value" in a file, "" when there's none.
func field(path, name string) string { return lineValue(path, name, ":") }

// assigned is the value of a line "name=value".
func assigned(path, name string) string { return lineValue(path, name, "=") }

func lineValue(path, name, separator string) string {
	f, err := os.Open(path) // #nosec G304 -- the kernel's own file
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), separator)
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// syncRate is how often a second this disk makes 8 KiB durable at the end of a file that has its size already, as
// both databases' logs do: the limit of a database that waits for the disk at each transaction.
func syncRate(dir string, period time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "sync")) // #nosec G304 -- in a folder of its own
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	const pages, page = 2048, 8192
	block := make([]byte, page)
	for range pages {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	n, start := 0, time.Now()
	for ; time.Since(start) < period; n++ {
		if _, err := f.WriteAt(block, int64(n%pages)*page); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// peak is the most memory that a process has held since the last resetPeak, in bytes.
func peak(pid int) int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/"+strconv.Itoa(pid)+"/status", "VmHWM"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// resetPeak makes the kernel forget what a process has held before.
func resetPeak(pid int) error {
	return os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0)
}

// cpu is the processor time that a process has used so far, and its children that have ended; with the living ones when
// family is set; 0 for process 0. On a machine that does other things too it says more than a rate.
func cpu(pid int, family bool) time.Duration {
	if pid == 0 {
		return 0
	}
	own, _ := ticks(strconv.Itoa(pid))
	if family {
		entries, _ := os.ReadDir("/proc")
		for _, e := range entries {
			if used, parent := ticks(e.Name()); parent == pid {
				own += used
			}
		}
	}
	return time.Duration(own) * (time.Second / 100) // the kernel shows it in hundredths of a second
}

// ticks reads a process' processor time and its parent. The fields are counted from the last parenthesis, because the
// program's name before it may hold anything.
func ticks(pid string) (used int64, parent int) {
	text, err := os.ReadFile("/proc/" + pid + "/stat") // #nosec G304 -- the kernel's own file
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] { // of its own in user and kernel mode, and of ended children
		n, _ := strconv.ParseInt(f, 10, 64)
		used += n
	}
	return used, parent
}

// parentOf is the process that started one.
func parentOf(pid int) int {
	_, parent := ticks(strconv.Itoa(pid))
	return parent
}
