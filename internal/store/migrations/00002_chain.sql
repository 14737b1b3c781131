-- +goose Up
-- Every batch gets a digest of what it appended, and a place in a hash chain. What is older than the chain has seq -1.

ALTER TABLE events ADD COLUMN amount BIGINT NOT NULL DEFAULT 0;
UPDATE events SET amount = (SELECT o.amount FROM orders AS o WHERE o.id = events.order_id)
 WHERE order_id IN (SELECT id FROM orders);

ALTER TABLE batches ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN seq BIGINT NOT NULL DEFAULT -1;
ALTER TABLE batches ADD COLUMN hash TEXT NOT NULL DEFAULT '';
-- The batches that wait for their place, and nothing else.
CREATE INDEX batches_unsealed ON batches (id) WHERE seq = 0 AND void = 0;
CREATE UNIQUE INDEX batches_seq ON batches (seq) WHERE seq > 0;

INSERT INTO meta (name, value) VALUES ('chain', '0:');
