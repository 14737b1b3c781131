package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Acknowledged is an order that a server has answered for: it was charged, and it exists or will.
type Acknowledged struct {
	OrderID   string `json:"order_id"`
	ServerID  string `json:"server_id,omitempty"` // none for networks
	UserID    string `json:"user_id"`
	Key       string `json:"idempotency_key,omitempty"`
	Amount    string `json:"amount"` // as answered
	Completed bool   `json:"completed"`
}

// journal writes acknowledgements as JSON lines. Its methods may be called on nil, which keeps nothing.
type journal struct {
	mu  sync.Mutex
	out *bufio.Writer
	err error
}

func newJournal(w io.Writer) *journal {
	if w == nil {
		return nil
	}
	return &journal{out: bufio.NewWriterSize(w, 64<<10)}
}

func (j *journal) write(a Acknowledged) {
	if j == nil {
		return
	}
	line, err := json.Marshal(a)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		_, err = j.out.Write(append(line, '\n'))
	}
	j.err = errors.Join(j.err, err)
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	if err := errors.Join(j.err, j.out.Flush()); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// ReadJournal reads what Run has written into Traffic.Journal.
func ReadJournal(r io.Reader) ([]Acknowledged, error) {
	var all []Acknowledged
	for d := json.NewDecoder(r); ; {
		var a Acknowledged
		if err := d.Decode(&a); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("journal, after %d orders: %w", len(all), err)
		}
		all = append(all, a)
	}
}
