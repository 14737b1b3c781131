-- +goose Up
-- One text for both engines. {key order} and {hot rows} stand for what each of them wants to be told about a table's
-- storage: see dialect in statements.go. Instants are microseconds of UTC, amounts minor units, truths 0 and 1.

CREATE TABLE users (
    id             TEXT   NOT NULL PRIMARY KEY,
    parent_id      TEXT   NOT NULL,
    username       TEXT   NOT NULL,
    email          TEXT   NOT NULL,
    active         BIGINT NOT NULL,
    superuser      BIGINT NOT NULL,
    notice_days    BIGINT NOT NULL,
    notice_by      TEXT   NOT NULL,
    email_verified BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
) {key order};

CREATE TABLE api_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    hash       TEXT   NOT NULL UNIQUE,
    scopes     TEXT   NOT NULL,
    addresses  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {key order};

-- The last guard of all: whatever a program believes, no balance goes below zero.
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {hot rows};

CREATE TABLE entries (
    user_id  TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    amount   BIGINT NOT NULL,
    balance  BIGINT NOT NULL,
    contra   TEXT   NOT NULL,
    order_id TEXT   NOT NULL,
    ref      TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    batch    TEXT   NOT NULL,
    PRIMARY KEY (user_id, seq)
) {key order};

CREATE TABLE orders (
    id                TEXT   NOT NULL PRIMARY KEY,
    number            TEXT   NOT NULL,
    kind              TEXT   NOT NULL,
    user_id           TEXT   NOT NULL,
    amount            BIGINT NOT NULL,
    difference        BIGINT NOT NULL,
    balance_before    BIGINT NOT NULL,
    currency          TEXT   NOT NULL,
    catalogue_version BIGINT NOT NULL,
    service_id        TEXT   NOT NULL,
    plan_id           TEXT   NOT NULL,
    image_id          BIGINT NOT NULL,
    application_id    BIGINT NOT NULL,
    location          TEXT   NOT NULL,
    name              TEXT   NOT NULL,
    versions          TEXT   NOT NULL,
    hours             BIGINT NOT NULL,
    network_id        TEXT   NOT NULL,
    cycle             TEXT   NOT NULL,
    product           TEXT   NOT NULL,
    description       TEXT   NOT NULL,
    auto_renew        BIGINT NOT NULL,
    cores             BIGINT NOT NULL,
    ram               BIGINT NOT NULL,
    disk              BIGINT NOT NULL,
    disk_type         TEXT   NOT NULL,
    price             BIGINT NOT NULL,
    provider          TEXT   NOT NULL,
    stock_key         TEXT   NOT NULL,
    expires_at        BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    state             TEXT   NOT NULL,
    attempt           BIGINT NOT NULL,
    holder            TEXT   NOT NULL,
    due_at            BIGINT NOT NULL,
    answer_by         BIGINT NOT NULL,
    doubt             BIGINT NOT NULL,
    note              TEXT   NOT NULL,
    provider_ref      TEXT   NOT NULL,
    server_no         BIGINT NOT NULL,
    server_uuid       TEXT   NOT NULL,
    address           TEXT   NOT NULL,
    login_link        TEXT   NOT NULL,
    password          TEXT   NOT NULL,
    updated_at        BIGINT NOT NULL
) {key order};
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_user ON orders (user_id, id);
-- The work that is due, and nothing else: an order leaves this index when it is settled.
CREATE INDEX orders_due ON orders (due_at) WHERE state = 'paid';

CREATE TABLE services (
    id             TEXT   NOT NULL PRIMARY KEY,
    sort           TEXT   NOT NULL,
    user_id        TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    open_order     TEXT   NOT NULL,
    status         TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    plan_id        TEXT   NOT NULL,
    cores          BIGINT NOT NULL,
    ram            BIGINT NOT NULL,
    disk           BIGINT NOT NULL,
    disk_type      TEXT   NOT NULL,
    price          BIGINT NOT NULL,
    hours          BIGINT NOT NULL,
    location       TEXT   NOT NULL,
    image_id       BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    network_id     TEXT   NOT NULL,
    cycle          TEXT   NOT NULL,
    product        TEXT   NOT NULL,
    provider       TEXT   NOT NULL,
    stock_key      TEXT   NOT NULL,
    auto_renew     BIGINT NOT NULL,
    provider_ref   TEXT   NOT NULL,
    server_no      BIGINT NOT NULL,
    server_uuid    TEXT   NOT NULL,
    address        TEXT   NOT NULL,
    login_link     TEXT   NOT NULL,
    expires_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
) {key order};

CREATE TABLE events (
    batch      TEXT   NOT NULL,
    n          BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    service_id TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    PRIMARY KEY (batch, n)
) {key order};

CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) {key order};
-- Only what will ever be swept; the references of the books stay for good.
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at) WHERE expires_at < 9223372036854775807;

CREATE TABLE stock (
    key        TEXT   NOT NULL PRIMARY KEY,
    capacity   BIGINT NOT NULL,
    used       BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {hot rows};

CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) {hot rows};

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {key order};

CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) {key order};

-- One row a commit. void marks an id whose commit can never happen any more.
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
) {key order};
