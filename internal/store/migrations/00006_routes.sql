-- +goose Up
-- An order tells how it gets on in one column: its note, and what it must remember of providers that refused it. It is
-- empty for nearly all. The provider that an order was placed with stays in its terms: see progress.go.

ALTER TABLE orders RENAME COLUMN note TO progress;
UPDATE orders SET progress = CAST({json object}('note', progress) AS text) WHERE progress <> '';
