package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
)

// copyTable is a table as a copy sees it: columns and key, without the Go type of its rows. All values are texts and
// numbers, so one kind of row serves all tables and both engines.
type copyTable struct {
	name   string
	insert *statement
	keys   int // how many of the first columns are the key
}

func copied[R any](t *table[R], keys int) copyTable {
	return copyTable{name: t.name, insert: t.insert, keys: keys}
}

// copyTables are all tables of the schema; a test holds them against the database's own list. What is small comes
// first, so that a copy that can't work fails early.
var copyTables = []copyTable{
	copied(meta, 1), copied(counters, 1), copied(catalogues, 1), copied(users, 1), copied(apiKeys, 1), copied(stock, 1),
	copied(pools, 1), copied(items, 1),
	copied(wallets, 1), copied(services, 1), copied(orders, 1), copied(entries, 2), copied(events, 2), copied(keys, 1),
	copied(batches, 1),
}

// TableRows is how many rows a table has.
type TableRows struct {
	Table string
	Rows  int64
}

// countTables counts the rows of all tables in one transaction.
func countTables(ctx context.Context, tx *sql.Tx) (counts []TableRows, total int64, err error) {
	for _, t := range copyTables {
		var n int64
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+t.name).Scan(&n); err != nil { // #nosec G202 -- a name of this file
			return nil, 0, fmt.Errorf("count the rows of %s: %w", t.name, err)
		}
		counts, total = append(counts, TableRows{t.name, n}), total+n
	}
	return counts, total, nil
}

// imprint is what a table's rows come to, in the order of their keys: equal imprints are equal rows.
type imprint struct {
	rows   int64
	digest [sha256.Size]byte
}

// rowStream is the rows of one table, one at a time, with their imprint so far. It is the pgx.CopyFromSource of a
// copy, too, so reading, digesting and writing go on side by side and hold one row.
type rowStream struct {
	table    copyTable
	answer   *sql.Rows
	values   []any // of the row at hand, overwritten by the next
	places   []any
	digest   hash.Hash
	buffer   []byte
	rows     int64
	progress func()
	err      error
}

// stream reads a table in the order of its key: both engines sort texts by their bytes, so the order is the same, and
// a tree that is filled in order stays dense. progress is called for each row.
func (t copyTable) stream(ctx context.Context, tx *sql.Tx, progress func()) (*rowStream, error) {
	fields := t.insert.fields
	text := "SELECT " + names(fields) + " FROM " + t.name + " ORDER BY " + names(fields[:t.keys]) // #nosec G202 -- names of this package
	answer, err := tx.QueryContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.name, err)
	}
	s := &rowStream{table: t, answer: answer, digest: sha256.New(), progress: progress,
		values: make([]any, len(fields)), places: make([]any, len(fields))}
	for i := range s.values {
		s.places[i] = &s.values[i]
	}
	return s, nil
}

// Next goes to the next row; false at the end and after an error.
func (s *rowStream) Next() bool {
	if s.err != nil || !s.answer.Next() {
		return false
	}
	if s.err = s.answer.Scan(s.places...); s.err == nil {
		s.err = s.take()
	}
	if s.err != nil {
		return false
	}
	s.rows++
	s.progress()
	return true
}

// take adds the row to the imprint, every value with its kind and length, so that no two rows look alike. SQLite keeps
// what it's given, whatever a column is declared as: a value of the wrong kind is found here.
func (s *rowStream) take() error {
	s.buffer = s.buffer[:0]
	for i, f := range s.table.insert.fields {
		switch v := s.values[i].(type) {
		case string:
			if !f.text {
				return fmt.Errorf("a row of %s has a text in %s", s.table.name, f.name)
			}
			s.buffer = binary.BigEndian.AppendUint64(append(s.buffer, 't'), uint64(len(v)))
			s.buffer = append(s.buffer, v...)
		case int64:
			if f.text {
				return fmt.Errorf("a row of %s has a number in %s", s.table.name, f.name)
			}
			s.buffer = binary.BigEndian.AppendUint64(append(s.buffer, 'n'), uint64(v)) // #nosec G115 -- the bits
		default:
			return fmt.Errorf("a row of %s has %T in %s", s.table.name, v, f.name)
		}
	}
	_, err := s.digest.Write(s.buffer)
	return err
}

// Values is the row at hand, valid until the next.
func (s *rowStream) Values() ([]any, error) { return s.values, nil }

// Err is what ended the rows before their end.
func (s *rowStream) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.answer.Err()
}

// end closes the rows and gives the imprint of all that were read.
func (s *rowStream) end() (imprint, error) {
	err := s.Err()
	if closed := s.answer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return imprint{}, fmt.Errorf("read %s: %w", s.table.name, err)
	}
	p := imprint{rows: s.rows}
	s.digest.Sum(p.digest[:0])
	return p, nil
}

// imprintOf reads a table for its imprint alone.
func (t copyTable) imprintOf(ctx context.Context, tx *sql.Tx, progress func()) (imprint, error) {
	s, err := t.stream(ctx, tx, progress)
	if err != nil {
		return imprint{}, err
	}
	for s.Next() {
	}
	return s.end()
}

// tableNames lists all tables, as SQL does.
func tableNames() string {
	list := make([]string, len(copyTables))
	for i, t := range copyTables {
		list[i] = t.name
	}
	return strings.Join(list, ", ")
}
