package sim

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Machine is one line of the journal. The last line with a number is what holds for that machine.
type Machine struct {
	No       int64  `json:"no"`
	Order    string `json:"order"`
	Sort     string `json:"sort"`
	Name     string `json:"name,omitempty"`
	Plan     string `json:"plan,omitempty"`
	Cores    int64  `json:"cores,omitempty"`
	RAM      int64  `json:"ram,omitempty"`
	Disk     int64  `json:"disk,omitempty"`
	Location string `json:"location,omitempty"`
	Address  string `json:"address,omitempty"` // that Berth gave it; "" for one of the provider's own
	Refused  bool   `json:"refused,omitempty"` // nothing was made, and never will be for this order

	// Journals from before these were kept have machines that run, of unknown age.
	Off       bool   `json:"off,omitempty"`
	Suspended bool   `json:"suspended,omitempty"`
	Gone      bool   `json:"gone,omitempty"`      // deleted; the line keeps its order from making another
	Image     int64  `json:"image,omitempty"`     // installed last
	Passwords int64  `json:"passwords,omitempty"` // how often root got a new one; none is kept
	Planned   string `json:"planned,omitempty"`   // the order that gave it its figures, "" for the one that made it
	Created   int64  `json:"created,omitempty"`   // microseconds UTC
}

// journal is a file of JSON lines that any number of processes append to, one at a time. In memory it keeps only whose
// each machine is and where its last line is, in some 35 bytes, so that millions of machines fit.
type journal struct {
	mu     sync.Mutex
	file   *os.File
	end    int64               // how far this process has read
	orders map[[16]byte]uint32 // the machines' numbers, by digests of their orders
	lines  []int64             // where the machines' last lines begin, by number; numbers are given from 1 on
}

func openJournal(path string) (*journal, error) {
	var file *os.File
	var err error
	if path == "" {
		if file, err = os.CreateTemp("", "berth-sim-*"); err == nil {
			err = os.Remove(file.Name()) // it lives as long as it is open
		}
	} else {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator names the file
	}
	if err != nil {
		return nil, fmt.Errorf("open the simulated provider's journal: %w", err)
	}
	j := &journal{file: file, orders: map[[16]byte]uint32{}, lines: make([]int64, 1)}
	return j, j.locked(func() error { return nil })
}

func (j *journal) close() error { return j.file.Close() }

// locked runs f while no other process can write, after reading what others have written.
func (j *journal) locked(f func() error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	defer syscall.Flock(int(j.file.Fd()), syscall.LOCK_UN)
	if err := j.catchUp(); err != nil {
		return err
	}
	return f()
}

// catchUp reads the lines behind end. A last line without its end was cut off by the death of its writer; as nobody
// can have had an answer to it, it's taken away.
func (j *journal) catchUp() error {
	info, err := j.file.Stat()
	if err != nil || info.Size() == j.end {
		return err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(j.file, j.end, info.Size()-j.end), 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			if len(line) > 0 {
				return j.file.Truncate(j.end)
			}
			return nil
		}
		if err != nil {
			return err
		}
		var m Machine
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("the simulated provider's journal is damaged at byte %d: %w", j.end, err)
		}
		if m.No < 1 || m.No > j.next() || m.No > math.MaxUint32 {
			return fmt.Errorf("the simulated provider's journal is damaged at byte %d: no machine can have the number %d", j.end, m.No)
		}
		j.note(m, len(line))
	}
}

// next is the number of the next machine.
func (j *journal) next() int64 { return int64(len(j.lines)) }

func (j *journal) note(m Machine, length int) {
	if m.No == j.next() {
		j.lines = append(j.lines, 0)
	}
	j.lines[m.No] = j.end
	j.orders[digest(m.Order)] = uint32(m.No) // #nosec G115 -- make and catchUp bound it
	j.end += int64(length)
}

func digest(order string) [16]byte {
	sum := sha256.Sum256([]byte(order))
	return [16]byte(sum[:16])
}

func (j *journal) append(m Machine) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err := j.file.WriteAt(line, j.end); err != nil {
		return err
	}
	j.note(m, len(line))
	return nil
}

func (j *journal) at(offset int64) (m Machine, err error) {
	var buf [4096]byte // a line is shorter, even when JSON escapes every letter of the longest names
	n, err := j.file.ReadAt(buf[:], offset)
	if err != nil && err != io.EOF {
		return m, err
	}
	line, _, ok := bytes.Cut(buf[:n], []byte("\n"))
	if !ok {
		return m, fmt.Errorf("the simulated provider's journal has no whole line at byte %d", offset)
	}
	return m, json.Unmarshal(line, &m)
}

// make appends a machine for an order, or returns the one that the order has already.
func (j *journal) make(order string, m Machine) (made Machine, isNew bool, err error) {
	err = j.locked(func() error {
		if no, ok := j.orders[digest(order)]; ok {
			made, err = j.at(j.lines[no])
			return err
		}
		if m.No, m.Order = j.next(), order; m.No > math.MaxUint32 {
			return errors.New("the simulated provider has given its last number")
		}
		made, isNew = m, true
		return j.append(m)
	})
	return made, isNew, err
}

// change appends a new version of a machine, unless nothing is different; false when there's none of that id.
func (j *journal) change(id string, edit func(*Machine)) (m Machine, ok bool, err error) {
	err = j.locked(func() error {
		if m, ok, err = j.lookUp(id); err != nil || !ok {
			return err
		}
		before := m
		if edit(&m); m == before {
			return nil
		}
		return j.append(m)
	})
	return m, ok, err
}

func (j *journal) byID(id string) (m Machine, ok bool, err error) {
	err = j.locked(func() error {
		m, ok, err = j.lookUp(id)
		return err
	})
	return m, ok, err
}

func (j *journal) lookUp(id string) (m Machine, ok bool, err error) {
	text, _ := strings.CutPrefix(id, "sim-")
	no, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return m, false, nil
	}
	if no < 1 || no >= j.next() {
		return m, false, nil
	}
	m, err = j.at(j.lines[no])
	return m, err == nil && !m.Refused && !m.Gone, err
}

func (j *journal) byOrder(order string) (m Machine, ok bool, err error) {
	err = j.locked(func() error {
		var no uint32
		if no, ok = j.orders[digest(order)]; ok {
			m, err = j.at(j.lines[no])
		}
		return err
	})
	return m, ok, err
}

// all reads the whole journal. Of several lines about one machine the last counts.
func (j *journal) all() (machines []Machine, err error) {
	place := map[int64]int{}
	err = j.locked(func() error {
		d := json.NewDecoder(io.NewSectionReader(j.file, 0, j.end))
		for d.More() {
			var m Machine
			if err := d.Decode(&m); err != nil {
				return err
			}
			if i, known := place[m.No]; known {
				machines[i] = m
				continue
			}
			place[m.No] = len(machines)
			machines = append(machines, m)
		}
		return nil
	})
	return machines, err
}
