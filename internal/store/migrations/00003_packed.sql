-- +goose Up
-- What no statement asks for by itself is packed into one column, as a JSON object: see packed.go.

CREATE TABLE orders_packed (
    id           TEXT   NOT NULL PRIMARY KEY,
    number       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    user_id      TEXT   NOT NULL,
    amount       BIGINT NOT NULL,
    service_id   TEXT   NOT NULL,
    stock_key    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    terms        TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    attempt      BIGINT NOT NULL,
    holder       TEXT   NOT NULL,
    due_at       BIGINT NOT NULL,
    answer_by    BIGINT NOT NULL,
    doubt        BIGINT NOT NULL,
    note         TEXT   NOT NULL,
    provider_ref TEXT   NOT NULL,
    server_no    BIGINT NOT NULL,
    server_uuid  TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    login_link   TEXT   NOT NULL,
    password     TEXT   NOT NULL,
    updated_at   BIGINT NOT NULL
) {key order};
INSERT INTO orders_packed (
    id, number, kind, user_id, amount, service_id, stock_key, created_at, terms, state, attempt, holder,
    due_at, answer_by, doubt, note, provider_ref, server_no, server_uuid, address, login_link, password,
    updated_at)
SELECT
    id, number, kind, user_id, amount, service_id, stock_key, created_at,
    CAST({json object}(
    'difference', difference, 'balance_before', balance_before, 'currency', currency,
    'catalogue_version', catalogue_version, 'plan_id', plan_id, 'image_id', image_id,
    'application_id', application_id, 'location', location, 'name', name, 'versions', versions,
    'hours', hours, 'network_id', network_id, 'cycle', cycle, 'product', product, 'description', description,
    'auto_renew', auto_renew, 'cores', cores, 'ram', ram, 'disk', disk, 'disk_type', disk_type,
    'price', price, 'provider', provider, 'expires_at', expires_at) AS text),
    state, attempt, holder, due_at, answer_by, doubt, note, provider_ref, server_no, server_uuid, address,
    login_link, password, updated_at
  FROM orders;
DROP TABLE orders;
ALTER TABLE orders_packed RENAME TO orders;
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_user ON orders (user_id, id);
-- The work that is due, and nothing else: an order leaves this index when it is settled.
CREATE INDEX orders_due ON orders (due_at) WHERE state = 'paid';

CREATE TABLE services_packed (
    id           TEXT   NOT NULL PRIMARY KEY,
    sort         TEXT   NOT NULL,
    user_id      TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    terms        TEXT   NOT NULL,
    open_order   TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    provider     TEXT   NOT NULL,
    stock_key    TEXT   NOT NULL,
    auto_renew   BIGINT NOT NULL,
    provider_ref TEXT   NOT NULL,
    server_no    BIGINT NOT NULL,
    server_uuid  TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    login_link   TEXT   NOT NULL,
    expires_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
) {key order};
INSERT INTO services_packed (
    id, sort, user_id, created_at, terms, open_order, status, provider, stock_key, auto_renew, provider_ref,
    server_no, server_uuid, address, login_link, expires_at, updated_at)
SELECT
    id, sort, user_id, created_at,
    CAST({json object}(
    'name', name, 'plan_id', plan_id, 'cores', cores, 'ram', ram, 'disk', disk, 'disk_type', disk_type,
    'price', price, 'hours', hours, 'location', location, 'image_id', image_id,
    'application_id', application_id, 'network_id', network_id, 'cycle', cycle, 'product', product) AS text),
    open_order, status, provider, stock_key, auto_renew, provider_ref, server_no, server_uuid, address,
    login_link, expires_at, updated_at
  FROM services;
DROP TABLE services;
ALTER TABLE services_packed RENAME TO services;
