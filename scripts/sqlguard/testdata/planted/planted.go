// Package planted holds one case a line for sqlguard's test: lines that end in
// "want" must be reported, all others must not.
package planted

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

type store struct {
	*sql.DB
	name string
}

const insert = "insert into orders (id) values ($1)"

func databaseSQL(ctx context.Context, db *sql.DB, s store) {
	db.Exec(insert, 1)                                                                       // want
	db.ExecContext(ctx, insert, 1)                                                           // want
	s.ExecContext(ctx, insert, 1)                                                            // want
	s.DB.ExecContext(ctx, fmt.Sprintf("pragma x = %d", 1))                                   // want
	db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")                                    //
	db.QueryRowContext(ctx, insert+" returning id")                                          // want
	db.Query("with gone as (delete\n from orders returning id) select count(*) from gone")   // want
	db.QueryContext(ctx, "UPDATE wallets SET balance = 0 RETURNING id")                      // want
	db.QueryContext(ctx, "select balance from wallets for update")                           //
	db.QueryContext(ctx, "select 'created' from orders where created < $1", 1)               //
	db.QueryContext(ctx, fmt.Sprint("select ", s.name))                                      //
	db.Prepare(insert)                                                                       // want
	db.ExecContext(ctx, "with x as (insert into orders (id) values (1)) select 1 from x")    // want
	db.ExecContext(ctx, "select set_config('a', 'b', true); update wallets set balance = 0") // want
}

func transactions(ctx context.Context, tx *sql.Tx, ptx pgx.Tx, s store) {
	tx.ExecContext(ctx, insert, 1)
	tx.QueryRowContext(ctx, insert+" returning id")
	ptx.Exec(ctx, insert, 1)
	ptx.SendBatch(ctx, &pgx.Batch{})
}

func pools(ctx context.Context, pool *pgxpool.Pool) {
	pool.Exec(ctx, insert, 1)                              // want
	pool.SendBatch(ctx, &pgx.Batch{})                      // want
	pool.CopyFrom(ctx, pgx.Identifier{"orders"}, nil, nil) // want
	pool.QueryRow(ctx, insert+" returning id")             // want
	pool.QueryRow(ctx, "select 1")                         //
}

func opinion(err error) bool { return pgconn.SafeToRetry(err) } // want
