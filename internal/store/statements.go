package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/berth-host/berth"
)

// Every statement that writes is written down in this file once, for both engines. What they say differently has a
// name in braces, and each engine's dialect puts its words there:
//
//	{rows}        all rows at once from one array, or the one row at hand
//	{from rows}   the same rows as a source beside the table, or nothing
//	{row.name}    a column of the row at hand
//	{any}         is one of the keys given
//	{for update}  the row locks, where the whole database isn't locked anyway
//	{share catalogue} and {own catalogue}  a row of a lock on the current version, likewise
//	{begin}       a transaction that may write, from its start
//	{exactly}...{end}  an update that fails when one of its rows isn't there
//
// So a set-based statement goes to PostgreSQL once for a batch, and to SQLite once a row, prepared.
func insertText(table string, fields []field) string {
	return "INSERT INTO " + table + " (" + names(fields) + ") {rows}"
}

func loadText(table string, fields []field) string {
	return "SELECT " + names(fields) + " FROM " + table + " WHERE " + fields[0].name + " {any} ORDER BY " + fields[0].name + " {for update}"
}

// updateText sets all fields but the last few, which are the key.
func updateText(table string, fields []field, keys int) string {
	var set, match []string
	for i, f := range fields {
		if i < len(fields)-keys {
			set = append(set, f.name+" = {row."+f.name+"}")
		} else {
			match = append(match, table+"."+f.name+" = {row."+f.name+"}")
		}
	}
	return "UPDATE " + table + " SET " + strings.Join(set, ", ") + " {from rows} WHERE " + strings.Join(match, " AND ")
}

var (
	sqlBegin    = &statement{name: "begin", template: "{begin}"}
	sqlCommit   = &statement{name: "commit", template: "COMMIT"}
	sqlRollback = &statement{name: "rollback", template: "ROLLBACK"}

	dropKeys = &statement{name: "drop_keys", template: "DELETE FROM idempotency_keys WHERE id {any}",
		fields: []field{{"id", true}}, any: true}
	currentVersion = &statement{name: "current_version", template: "SELECT coalesce(max(version), 0) FROM catalogues",
		result: []field{{"version", false}}}
	// Whoever reads the current version shares it until its commit, and a new one waits for that: an order that was
	// priced by the old version is counted as stock before the new version's stock is.
	shareCatalogue = &statement{name: "share_catalogue", template: "SELECT {share catalogue}", result: []field{{"held", false}}}
	ownCatalogue   = &statement{name: "own_catalogue", template: "SELECT {own catalogue}", result: []field{{"held", false}}}

	voidBatch = &statement{name: "void_batch", table: batches.name, fields: batches.insert.fields,
		template: batches.insert.template + " ON CONFLICT (id) DO NOTHING"}

	// An order that wasn't loaded is changed only while it's as its holder last wrote it.
	updateHeld = &statement{name: "update_held", table: orders.name, fields: fieldsOf(heldColumns), exact: true,
		template: "{exactly}" + updateText("orders", fieldsOf(orders.changing), 1) + " AND orders.updated_at = {row." + heldSince + "}{end}"}

	// The batches that wait for their place in the chain.
	loadUnsealed = &statement{name: "load_unsealed", result: fieldsOf(batches.columns),
		template: "SELECT " + names(fieldsOf(batches.columns)) + " FROM batches WHERE " + isUnsealed + " ORDER BY id LIMIT " + strconv.Itoa(sealAtMost)}

	clearLook = &statement{name: "clear_look", template: "UPDATE batches SET look_at = 0 WHERE id {any}",
		fields: []field{{"id", true}}, any: true}

	// statements are all that a writing connection prepares.
	statements = []*statement{
		sqlBegin, sqlCommit, sqlRollback, dropKeys, shareCatalogue, ownCatalogue, currentVersion, voidBatch,
		users.load, users.insert, users.update,
		wallets.load, wallets.insert, wallets.update,
		orders.load, orders.insert, orders.update,
		services.load, services.insert, services.update,
		apiKeys.load, apiKeys.insert, apiKeys.update,
		stock.load, stock.insert, stock.update,
		pools.load, pools.insert, pools.update,
		items.load, items.insert, items.update, loadFree,
		counters.load, counters.insert, counters.update,
		meta.load, meta.insert, meta.update,
		keys.load, keys.insert, keys.update,
		entries.insert, events.insert, catalogues.insert,
		batches.load, batches.insert, batches.update, loadUnsealed, clearLook, updateHeld,
	}
)

// isUnsealed selects the batches that wait for their place in the chain, in the words of their index.
const isUnsealed = "seq = 0 AND void = 0"

// statement is one SQL statement in its common form.
type statement struct {
	name     string
	template string
	table    string  // whose rows it takes; "" when it takes keys, plain values or nothing
	fields   []field // of what it takes, in order
	any      bool    // it takes keys for {any}, all at once
	exact    bool    // it fails with errMoved, or in the server's words, when one of its rows isn't there
	result   []field // of the rows that it answers
}

// field is a column as SQL knows it.
type field struct {
	name string
	text bool // TEXT, otherwise BIGINT
}

func names(fields []field) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return strings.Join(list, ", ")
}

// step is one statement with its rows. Values are asked for one by one, because one engine wants them by column and
// the other by row, and neither wants them copied in between.
type step interface {
	statement() *statement
	rows() int // 1 when it takes none
	text(row, field int) string
	number(row, field int) int64
	take(values) error // one row of the answer
}

// values is one row of an answer.
type values interface {
	text(field int) (string, error)
	number(field int) (int64, error)
}

// errMoved is the failure of an exact statement.
var errMoved = errors.New("an order was changed by somebody else than its holder")

var errUnexpectedRow = errors.New("a writing statement answered with a row")

// loads are the steps that load a need, in the one order in which rows are ever locked; idempotency keys come after
// all locks, so that a key that somebody wrote under the same lock is seen. version stays 0 when it isn't asked for.
func loads(need *berth.Need, rows *berth.Rows, version *int64) []step {
	steps := make([]step, 0, 10)
	steps = load(steps, users, need.Users, &rows.Users)
	steps = load(steps, wallets, need.Wallets, &rows.Wallets)
	steps = load(steps, orders, need.Orders, &rows.Orders)
	steps = load(steps, services, need.Services, &rows.Services)
	steps = load(steps, apiKeys, need.APIKeys, &rows.APIKeys)
	steps = load(steps, stock, need.Stock, &rows.Stock)
	steps = loadPools(steps, need, rows)
	steps = load(steps, counters, need.Counters, &rows.Counters)
	steps = load(steps, meta, need.Meta, &rows.Meta)
	steps = load(steps, keys, need.Keys, &rows.Keys)
	if need.Catalogue {
		steps = append(steps, &asking{shareCatalogue, new(int64)}, &asking{currentVersion, version})
	}
	if need.Unsealed { // behind the lock of the chain's head
		steps = append(steps, &loading[berth.Batch]{loadUnsealed, batches, nil, &rows.Unsealed})
	}
	return steps
}

// appends are the steps that write a batch's changes and its row in batches.
func appends(c *berth.Changes) ([]step, error) {
	steps := make([]step, 0, 16)
	steps = change(steps, users, c.Users)
	steps = change(steps, wallets, c.Wallets)
	steps = change(steps, orders, c.Orders)
	steps = change(steps, services, c.Services)
	steps = change(steps, apiKeys, c.APIKeys)
	steps = change(steps, stock, c.Stock)
	steps = change(steps, pools, c.Pools)
	steps = change(steps, items, c.Items)
	steps = change(steps, counters, c.Counters)
	steps = change(steps, meta, c.Meta)
	steps = change(steps, keys, c.Keys)
	if len(c.Dropped) > 0 {
		steps = append(steps, &naming{dropKeys, c.Dropped})
	}
	if len(c.Held) > 0 {
		steps = append(steps, &holding{writing[berth.Held]{updateHeld, heldColumns, c.Held}})
	}
	steps = insert(steps, entries, c.Entries)
	steps = insert(steps, events, c.Events)
	if c.Catalogue != nil {
		text, err := json.Marshal(c.Catalogue)
		if err != nil {
			return nil, fmt.Errorf("write the catalogue as JSON: %w", err)
		}
		steps = append(steps, &asking{ownCatalogue, new(int64)})
		steps = insert(steps, catalogues, []catalogueRow{{c.Catalogue.Version, string(text), c.Catalogue.AppliedAt}})
	}
	steps = change(steps, batches, berth.Change[berth.Batch]{Update: c.Sealed})
	if len(c.Looked) > 0 {
		steps = append(steps, &naming{clearLook, c.Looked})
	}
	if c.Batch == "" {
		return steps, nil
	}
	return insert(steps, batches, []berth.Batch{{ID: c.Batch, At: c.Now, Digest: c.Digest(), LookAt: lookAt(c)}}), nil
}

// doubts are the steps that end the doubt about a commit: they make it impossible unless it has happened, and then
// read which. A row that only says "void" would be taken for the commit by the next who asks, were it not marked.
func doubts(batch string, at int64, found *[]berth.Batch) []step {
	return []step{
		&writing[berth.Batch]{voidBatch, batches.columns, []berth.Batch{{ID: batch, At: at, Void: true}}},
		&loading[berth.Batch]{batches.load, batches, []string{batch}, found},
	}
}

// dialect is how one engine says what the two say differently.
type dialect struct {
	begin        string
	forUpdate    string
	rows         func(*statement) string
	fromRows     func(*statement) string
	row          func(s *statement, i int) string
	any          func(keys int) string
	among        func(query string) string // is one of the few keys that a query answers with, which is carried out first
	exactly      string
	end          func(*statement) string
	keyOrder     string // storage of a table, see the migrations
	hotRows      string // storage of a table whose rows are updated over and over
	jsonObject   string // makes a JSON object of names and values
	share        string // see {share catalogue}
	own          string
	postgresLine string // what becomes of a line of a migration that is for PostgreSQL alone
	collate      string // byte order for TEXT, so that all engines sort alike
	versioned    string // counts the table of schema versions
	snapshot     *sql.TxOptions
	whole        string // lets the rest of a transaction read whole tables, "" where nothing keeps it from that
}

// render is the statement in the dialect's words; keys counts those that {any} takes at once.
func (d *dialect) render(s *statement, keys int) string {
	pairs := []string{"{begin}", d.begin, " {for update}", d.forUpdate, "{rows}", d.rows(s),
		" {from rows}", d.fromRows(s), "{any}", d.any(keys),
		"{share catalogue}", d.share, "{own catalogue}", d.own}
	if s.exact {
		pairs = append(pairs, "{exactly}", d.exactly, "{end}", d.end(s))
	}
	for i, f := range s.fields {
		pairs = append(pairs, "{row."+f.name+"}", d.row(s, i))
	}
	return strings.NewReplacer(pairs...).Replace(s.template)
}
