-- +goose Up
-- What services get from pools: addresses, AS numbers, networks. The lists in a pool's row are JSON.

CREATE TABLE pools (
    name       TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    location   TEXT   NOT NULL,
    ranges     TEXT   NOT NULL,
    reserved   TEXT   NOT NULL,
    mac        TEXT   NOT NULL,
    rest       BIGINT NOT NULL,
    next_place BIGINT NOT NULL,
    removed_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {hot rows};

-- One row an item that was given before. The one that has it is its owner.
CREATE TABLE pool_items (
    id         TEXT   NOT NULL PRIMARY KEY,
    pool       TEXT   NOT NULL,
    place      BIGINT NOT NULL,
    value      TEXT   NOT NULL,
    owner      TEXT   NOT NULL,
    last_owner TEXT   NOT NULL,
    free_at    BIGINT NOT NULL,
    taken_at   BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) {key order};
-- What nobody has, in the order in which it is given.
CREATE INDEX pool_items_free ON pool_items (pool, place) WHERE owner = '';
