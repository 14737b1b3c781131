-- +goose Up
-- An order stands in the index of due orders only when it is no longer as it was placed: see due.go. For one that is, its
-- batch says when somebody has to look. So nearly every order is settled without having been in that index, and on
-- PostgreSQL without any index being written again.

ALTER TABLE orders ADD COLUMN wake_at BIGINT NOT NULL DEFAULT 0;
UPDATE orders SET wake_at = CASE WHEN due_at > 1 THEN due_at ELSE 1 END WHERE state = 'paid';
DROP INDEX orders_due;
CREATE INDEX orders_due ON orders (wake_at) WHERE wake_at > 0;

ALTER TABLE batches ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX batches_open ON batches (look_at) WHERE look_at > 0;

-- Room for each order to be written once more in its own page. A partitioned table has it set for each of its partitions.
{postgresql} -- +goose StatementBegin
{postgresql} DO $$ BEGIN IF (SELECT relkind FROM pg_class WHERE oid = 'orders'::regclass) = 'r' THEN ALTER TABLE orders SET (fillfactor = 45); END IF; END $$;
{postgresql} -- +goose StatementEnd
-- An older program that still runs knows nothing of this, and nobody would find its orders: it can't commit any more.
{postgresql} ALTER TABLE orders ALTER COLUMN wake_at DROP DEFAULT;
{postgresql} ALTER TABLE batches ALTER COLUMN look_at DROP DEFAULT;
