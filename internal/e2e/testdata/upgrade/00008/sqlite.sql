CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (3, 2, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (4, 3, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (5, 4, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (6, 5, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (7, 6, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (8, 7, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (9, 8, 1, '2026-01-01 00:00:00');
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
) WITHOUT ROWID;
INSERT INTO users VALUES ('buyer', '', 'Buyer', '', 1, 0, 0, 'email', 0, 1795965512070308, 1795965512070308);
INSERT INTO users VALUES ('suspended', '', 'Suspended', '', 0, 0, 0, 'email', 0, 1795965512366261, 1795965512670192);
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
) WITHOUT ROWID;
INSERT INTO api_keys VALUES ('01a227e2-ea4d-7df0-8000-7a799b4ec915', 'buyer', '', 'cf91d851ae1756d51817688b9ba1bef28b1f86310c69cd3a709309335adf7173', 'order,read', '', 0, 0, 1795965512269892, 1795965512269892);
INSERT INTO api_keys VALUES ('01a227e2-ec49-720c-8000-7befa017bb54', 'suspended', '', '04e3f898110ed209415bbc7fd5eb84bc71eef079b83c7aabf6ae29b932b158bd', 'order,read', '', 0, 1795965512876545, 1795965512777131, 1795965512876545);
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO wallets VALUES ('buyer', 'EUR', 999989608, 11, 1795965519029230);
INSERT INTO wallets VALUES ('suspended', 'EUR', 1999, 2, 1795965512564880);
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
) WITHOUT ROWID;
INSERT INTO entries VALUES ('buyer', 1, 1000000000, 1000000000, 'deposits', '', 'opening', '', 1795965512165940, '01a227e2-e9e5-7eb0-8000-198f435b680a');
INSERT INTO entries VALUES ('buyer', 2, -1299, 999998701, 'sales', '01a227e2-ed34-70cc-8000-54a0880959aa', '', '', 1795965513012051, '01a227e2-ed34-70cc-8000-304c993bb800');
INSERT INTO entries VALUES ('buyer', 3, -1299, 999997402, 'sales', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', '', '', 1795965513025823, '01a227e2-ed41-7cdc-8000-341a98790c34');
INSERT INTO entries VALUES ('buyer', 4, -1299, 999996103, 'sales', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', '', '', 1795965513035540, '01a227e2-ed4b-7870-8000-0b63acd288e5');
INSERT INTO entries VALUES ('buyer', 5, -1299, 999994804, 'sales', '01a227e2-ed55-7858-8000-6bc42596dc94', '', '', 1795965513045534, '01a227e2-ed55-7858-8000-0392e3de924e');
INSERT INTO entries VALUES ('buyer', 6, 1299, 999996103, 'sales', '01a227e2-ed55-7858-8000-6bc42596dc94', '', '', 1795965513052348, '01a227e2-ed5c-7570-8000-2d332f7ae8af');
INSERT INTO entries VALUES ('buyer', 7, -1299, 999994804, 'sales', '01a227e2-ed5f-7b3c-8000-672482f94706', '', '', 1795965513055719, '01a227e2-ed5f-7b3c-8000-1c147dbc5f82');
INSERT INTO entries VALUES ('buyer', 8, -1299, 999993505, 'sales', '01a227e2-f314-7620-8000-6495aa9d7af7', '', '', 1795965514516392, '01a227e2-f314-7620-8000-0c758378910f');
INSERT INTO entries VALUES ('buyer', 9, -1299, 999992206, 'sales', '01a227e2-f8ef-7bd0-8000-6d8ba019190a', '', '', 1795965516015756, '01a227e2-f8ef-7bd0-8000-3df5e4f37c95');
INSERT INTO entries VALUES ('buyer', 10, -1299, 999990907, 'sales', '01a227e2-f8fb-7418-8000-449d9f34d0fc', '', '', 1795965516027262, '01a227e2-f8fb-7418-8000-0319a2eb488d');
INSERT INTO entries VALUES ('buyer', 11, -1299, 999989608, 'sales', '01a227e3-04b5-7398-8000-426f49dd904a', '', '', 1795965519029230, '01a227e3-04b5-7398-8000-3418d546aaf4');
INSERT INTO entries VALUES ('suspended', 1, 2500, 2500, 'deposits', '', 'first', '', 1795965512463623, '01a227e2-eb0f-79bc-8000-19f78e8179c6');
INSERT INTO entries VALUES ('suspended', 2, -501, 1999, 'correction', '', 'second', 'a correction, it''s ''quoted''', 1795965512564880, '01a227e2-eb74-7dc0-8000-383eddc29499');
CREATE TABLE events (
    batch      TEXT   NOT NULL,
    n          BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    service_id TEXT   NOT NULL,
    detail     TEXT   NOT NULL, amount BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, n)
) WITHOUT ROWID;
INSERT INTO events VALUES ('01a227e2-e922-7054-8000-1e6ef76f0591', 0, 1795965511970021, 'catalogue.applied', '', '', '', '', 0);
INSERT INTO events VALUES ('01a227e2-e986-74d0-8000-1fa8eb9b1281', 0, 1795965512070308, 'user.created', 'buyer', '', '', '', 0);
INSERT INTO events VALUES ('01a227e2-e9e5-7eb0-8000-198f435b680a', 0, 1795965512165940, 'wallet.credited', 'buyer', '', '', 'opening', 1000000000);
INSERT INTO events VALUES ('01a227e2-ea4d-7df0-8000-038f0672ed64', 0, 1795965512269892, 'key.created', 'buyer', '', '', '01a227e2-ea4d-7df0-8000-7a799b4ec915', 0);
INSERT INTO events VALUES ('01a227e2-eaae-7414-8000-37e376e56903', 0, 1795965512366261, 'user.created', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a227e2-eb0f-79bc-8000-19f78e8179c6', 0, 1795965512463623, 'wallet.credited', 'suspended', '', '', 'first', 2500);
INSERT INTO events VALUES ('01a227e2-eb74-7dc0-8000-383eddc29499', 0, 1795965512564880, 'wallet.debited', 'suspended', '', '', 'second', -501);
INSERT INTO events VALUES ('01a227e2-ebde-7300-8000-1d459d710ae2', 0, 1795965512670192, 'user.suspended', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a227e2-ec49-720c-8000-3f0a474c46e0', 0, 1795965512777131, 'key.created', 'suspended', '', '', '01a227e2-ec49-720c-8000-7befa017bb54', 0);
INSERT INTO events VALUES ('01a227e2-ecac-7884-8000-22c872bb988f', 0, 1795965512876545, 'key.revoked', 'suspended', '', '', '01a227e2-ec49-720c-8000-7befa017bb54', 0);
INSERT INTO events VALUES ('01a227e2-ed34-70cc-8000-304c993bb800', 0, 1795965513012051, 'order.paid', 'buyer', '01a227e2-ed34-70cc-8000-54a0880959aa', '01a227e2-ed34-70cc-8000-54a0880959aa', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed3d-7270-8000-2dcbfbc6445e', 0, 1795965513021156, 'order.completed', 'buyer', '01a227e2-ed34-70cc-8000-54a0880959aa', '01a227e2-ed34-70cc-8000-54a0880959aa', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed41-7cdc-8000-341a98790c34', 0, 1795965513025823, 'order.paid', 'buyer', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed47-7ed8-8000-0be871f1017d', 0, 1795965513031950, 'order.completed', 'buyer', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed4b-7870-8000-0b63acd288e5', 0, 1795965513035540, 'order.paid', 'buyer', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed52-71e4-8000-195de977f92a', 0, 1795965513042121, 'order.completed', 'buyer', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed55-7858-8000-0392e3de924e', 0, 1795965513045534, 'order.paid', 'buyer', '01a227e2-ed55-7858-8000-6bc42596dc94', '01a227e2-ed55-7858-8000-6bc42596dc94', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed5c-7570-8000-2d332f7ae8af', 0, 1795965513052348, 'order.refunded', 'buyer', '01a227e2-ed55-7858-8000-6bc42596dc94', '01a227e2-ed55-7858-8000-6bc42596dc94', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed5f-7b3c-8000-1c147dbc5f82', 0, 1795965513055719, 'order.paid', 'buyer', '01a227e2-ed5f-7b3c-8000-672482f94706', '01a227e2-ed5f-7b3c-8000-672482f94706', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-ed65-7d44-8000-15c128dfacf8', 0, 1795965513061849, 'order.waiting', 'buyer', '01a227e2-ed5f-7b3c-8000-672482f94706', '01a227e2-ed5f-7b3c-8000-672482f94706', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f30a-78b0-8000-15dccf644e92', 0, 1795965514506556, 'order.taken', 'buyer', '01a227e2-ed5f-7b3c-8000-672482f94706', '01a227e2-ed5f-7b3c-8000-672482f94706', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f311-7624-8000-0beee77f5fac', 0, 1795965514513393, 'order.completed', 'buyer', '01a227e2-ed5f-7b3c-8000-672482f94706', '01a227e2-ed5f-7b3c-8000-672482f94706', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f314-7620-8000-0c758378910f', 0, 1795965514516392, 'order.paid', 'buyer', '01a227e2-f314-7620-8000-6495aa9d7af7', '01a227e2-f314-7620-8000-6495aa9d7af7', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f31a-70bc-8000-35f85615a34d', 0, 1795965514522047, 'order.waiting', 'buyer', '01a227e2-f314-7620-8000-6495aa9d7af7', '01a227e2-f314-7620-8000-6495aa9d7af7', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f8e5-71c8-8000-0cb02184630e', 0, 1795965516005114, 'order.taken', 'buyer', '01a227e2-f314-7620-8000-6495aa9d7af7', '01a227e2-f314-7620-8000-6495aa9d7af7', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f8ec-7acc-8000-1bc73524e7ed', 0, 1795965516012691, 'order.completed', 'buyer', '01a227e2-f314-7620-8000-6495aa9d7af7', '01a227e2-f314-7620-8000-6495aa9d7af7', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e2-f8ef-7bd0-8000-3df5e4f37c95', 0, 1795965516015756, 'order.paid', 'buyer', '01a227e2-f8ef-7bd0-8000-6d8ba019190a', '01a227e2-ed34-70cc-8000-54a0880959aa', 'renew_server', 1299);
INSERT INTO events VALUES ('01a227e2-f8ef-7bd0-8000-3df5e4f37c95', 1, 1795965516015756, 'order.completed', 'buyer', '01a227e2-f8ef-7bd0-8000-6d8ba019190a', '01a227e2-ed34-70cc-8000-54a0880959aa', 'renew_server', 1299);
INSERT INTO events VALUES ('01a227e2-f8fb-7418-8000-0319a2eb488d', 0, 1795965516027262, 'order.paid', 'buyer', '01a227e2-f8fb-7418-8000-449d9f34d0fc', '01a227e2-f8fb-7418-8000-449d9f34d0fc', 'new_server', 1299);
INSERT INTO events VALUES ('01a227e3-04b5-7398-8000-3418d546aaf4', 0, 1795965519029230, 'order.paid', 'buyer', '01a227e3-04b5-7398-8000-426f49dd904a', '01a227e3-04b5-7398-8000-426f49dd904a', 'new_server', 1299);
CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES ('4dptLKdcMtGET0z32SFVk7mn', 'ygU95wz0ZmrFAA816l/b4KZL735RqklHRc+BBmsQPC4', '01a227e2-ed34-70cc-8000-54a0880959aa', 1796138313012051);
INSERT INTO idempotency_keys VALUES ('8QdJC2FgOGpCjGbdHd1l8o6b', 'uFcshwKwGfWmfs9wIpeZpdwYZ2jXa0B4Qqv+RCwwHXs', '01a227e2-ed5f-7b3c-8000-672482f94706', 1796138313055719);
INSERT INTO idempotency_keys VALUES ('BInmLnfjCzwxYH7oxTNRJJWC', 'QVABF+NtS1R4EbQF8n7QfzQdO8WI0wTdFocWNGRxfgM', '01a227e2-f314-7620-8000-6495aa9d7af7', 1796138314516392);
INSERT INTO idempotency_keys VALUES ('GPzWfR8P41SxxkYoAztzMjqP', 'MkcygOxU7fhfvgr5quyKk6faQQMLv2mFhmUkgdzBbug', '01a227e2-f8fb-7418-8000-449d9f34d0fc', 1796138316027262);
INSERT INTO idempotency_keys VALUES ('HyJbn1Vi0V0Zjl8FI3Wl8tJK', '-5.01', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('M9THQSJ0JzWGg4-jLouyaIi0', 'KO0R7De//WNHmVEBo+eyzA9WGcdMhyNs48bEv7sqK/E', '01a227e2-ed41-7cdc-8000-56e5b8f82d93', 1796138313025823);
INSERT INTO idempotency_keys VALUES ('WEnMcANub9M2XxTP9_SEcnn8', '25.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('gR5BOEu25DHKLm0NYGUl4xfF', 'MkcygOxU7fhfvgr5quyKk6faQQMLv2mFhmUkgdzBbug', '01a227e3-04b5-7398-8000-426f49dd904a', 1796138319029230);
INSERT INTO idempotency_keys VALUES ('mitt52if4pqejC1CaDVijuWE', '10000000.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('rgUrJdiiQQORDYPVjJqGozGF', 'wvlYiYq7qBshjb8PQQYoF0vBm/xRqEiKhPpNEfbGDNo', '01a227e2-f8ef-7bd0-8000-6d8ba019190a', 1796138316015756);
INSERT INTO idempotency_keys VALUES ('tS3dNHrZn_l5HMrse0XLgY4T', 'ns6PTyiABHKID7oE2IFUBxt7WBQqHqyNTp1g/24nah4', '01a227e2-ed4b-7870-8000-4b9ee768c6d5', 1796138313035540);
INSERT INTO idempotency_keys VALUES ('xGNQD_AZ2RiI2kMMASJt9Z8d', 'Jj7nG2CtC//UBO4QMeWyH51C41LMavg2AIRkINCtT/s', '01a227e2-ed55-7858-8000-6bc42596dc94', 1796138313045534);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at) WHERE expires_at < 9223372036854775807;
CREATE TABLE stock (
    key        TEXT   NOT NULL PRIMARY KEY,
    capacity   BIGINT NOT NULL,
    used       BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('chain', '49:70c9ab6cafa6ab6bc78c201aa83bb5635a7e8eb55f8305b19f373181e6b4f5c1');
INSERT INTO meta VALUES ('installation', '01a227e2-ed1b-7850-8000-4aa25b2765bb');
INSERT INTO meta VALUES ('reconciled', '1795965513009140');
INSERT INTO meta VALUES ('rights', '01a227e2-ecac-7884-8000-6111df38f9fe');
INSERT INTO meta VALUES ('secret_check', 'v1:gujr3CGWO6vA9UFphAg4Ok6z8I5VgkQYNClNZVYjj3HhHxJJTg/953/5OMjiDEEaVXgds2ARH8XjgyNT');
CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO catalogues VALUES (1, '{"Version":1,"AppliedAt":1795965511970021,"Currency":"EUR","DefaultLocation":"","Plans":[{"ID":"56803492-50f6-8087-9717-9e11f22afdde","ExternalID":5,"Type":"vps","Name":"VPS","Cores":2,"RAM":6442450944,"Disk":40,"DiskType":"ssd","Price":1299,"Images":[13],"Applications":null,"Offers":[{"Location":"Slovenia","Providers":["sim"],"Capacity":-1}],"Life":null,"CreatedAt":1795965511970021,"UpdatedAt":1795965511970021}],"Images":[{"ID":13,"Name":"Debian 12"}],"Applications":null,"Locations":[{"Name":"Slovenia"}],"Networks":null,"Life":{"NoticeDays":3,"RenewHours":24,"GraceHours":0,"DeleteDays":14,"RetryHours":6}}', 1795965511970021);
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
, digest TEXT NOT NULL DEFAULT '', seq BIGINT NOT NULL DEFAULT -1, hash TEXT NOT NULL DEFAULT '', look_at BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO batches VALUES ('01a227e2-e922-7054-8000-1e6ef76f0591', 1795965511970021, 0, 'bfc52d054bd57102d5bb73221c003d6470dc5a868c973daf11c8b2ede36843b9', 1, 'e26afccd2384761c334cf7b9f5782b46fc78150f9c3b7ec23c23382fec45a900', 0);
INSERT INTO batches VALUES ('01a227e2-e986-74d0-8000-1fa8eb9b1281', 1795965512070308, 0, 'a76612c892ef027c5fd28b2aeb23d2dfe88f002330d28e273154dafe8d9e3904', 2, '13b918b38c8b465880c8938140132de2a75c2b2179bfc98f5bdf80cfa2fb3c1a', 0);
INSERT INTO batches VALUES ('01a227e2-e9e5-7eb0-8000-198f435b680a', 1795965512165940, 0, 'd2ecd7bfeab62f1100d05e0f41ac73a13c5aedc0e1fc995753305bf158483e12', 3, 'b5fd9471bc5bdc5eeffe0c78d285109ce5e9a786a9af33ee2a37c1d678a90494', 0);
INSERT INTO batches VALUES ('01a227e2-ea4d-7df0-8000-038f0672ed64', 1795965512269892, 0, '07e44f1d98904824aba2fccd611875b5fa1de099cef5c735d7f502cb37abf85d', 4, '94f0e4d146777dd76bd2ac99692de41883ae7284dcae78979979691436c99c63', 0);
INSERT INTO batches VALUES ('01a227e2-eaae-7414-8000-37e376e56903', 1795965512366261, 0, 'ec92a3ec0ee07e0cba516738b46a9a58dc163b91ebef12b284349779fbfa18fe', 5, '4e0b20f12cc6e93b4b9e6d671d990b08ecb59804388ab93ea6a6143ffaca6785', 0);
INSERT INTO batches VALUES ('01a227e2-eb0f-79bc-8000-19f78e8179c6', 1795965512463623, 0, '0eef8283ead90aba85b94b0ffeb70c5d392779c001284965717cef2f1830f026', 6, '623cd57a18a2a5f0215c99f0427e3355224f45ec1527faee9bc80d204cfc23ce', 0);
INSERT INTO batches VALUES ('01a227e2-eb74-7dc0-8000-383eddc29499', 1795965512564880, 0, '9996dd1b009f1aec1d553677258193ff9fcf677f21fe37f5ea2b2d07180cc742', 7, '2dce52bab809b3d1f87471c22d293b0bb626b09797abd3b92b13a16499d28dc8', 0);
INSERT INTO batches VALUES ('01a227e2-ebde-7300-8000-1d459d710ae2', 1795965512670192, 0, 'de5b15c5e5092b4dc0ea029cc0d119e16211b84fbc2e966a70d8a4353b52e8ab', 8, '5d74c7747e5431fbe66810375cb180cd4ed47e5f819360114b4b7a43452221f0', 0);
INSERT INTO batches VALUES ('01a227e2-ec49-720c-8000-3f0a474c46e0', 1795965512777131, 0, '08a3b12e1ceab663c1db2ddd05b5fc7b48b0c824ba9bb21ee846da8ca3b94b0f', 9, 'e094114331081fbb6ba7d4cf0a74a0fc28a0be29eee4aef2b3b9dddfcf6e3d43', 0);
INSERT INTO batches VALUES ('01a227e2-ecac-7884-8000-22c872bb988f', 1795965512876545, 0, '5a4e99558708230d01d88c22e226f1991604e459c35d610f110f9b13ededb9ad', 10, 'ecab2bbd23e23ae86efdc20251a045aa9b8173655da6b2240224e24270238559', 0);
INSERT INTO batches VALUES ('01a227e2-ed1b-7850-8000-1b4b9b997871', 1795965512987532, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 11, '9772ccea79df36478fbf3e865bccf3476240eb331aa8d25618d1355f59c062cd', 0);
INSERT INTO batches VALUES ('01a227e2-ed20-7544-8000-1cbcdbc696d9', 1795965512992337, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 12, '067bfa8e854f7fdbb9ef93e2b8bd6e96d381e03bbab382d8f3f0bca4b94b05ca', 0);
INSERT INTO batches VALUES ('01a227e2-ed31-7230-8000-3d3243391d3a', 1795965513009140, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 13, 'db7ba997f8327ba5fd43d50e89381dd2ad04b44b4ecb14c090d28167c65161fe', 0);
INSERT INTO batches VALUES ('01a227e2-ed34-70cc-8000-304c993bb800', 1795965513012051, 0, '24c7310f4fcf5780162a6a57e99c3fc9c41733704f75797a7e015639dfa5618d', 14, '78df121009ae575097ea9e6d72750b41637eba455c50f7ec87ad1e74d0891194', 0);
INSERT INTO batches VALUES ('01a227e2-ed3d-7270-8000-2dcbfbc6445e', 1795965513021156, 0, 'dce10ae7faca75b1eb6d80ee54d359993e359e4daabad54910eb87f1dee71fd3', 15, '239bc42a2b67000be2ae3a64186e34af556bc826ee3b6497ff799ea1375d59ed', 0);
INSERT INTO batches VALUES ('01a227e2-ed41-7cdc-8000-341a98790c34', 1795965513025823, 0, '2c970aebbdd09ae2b062ee06a427ec7b34701be7c474c384c744a05b9a69e158', 16, '3970a62dea251b1140a6ba080db66732831ba6b45e4824c5465ff44b2baef1f0', 0);
INSERT INTO batches VALUES ('01a227e2-ed47-7ed8-8000-0be871f1017d', 1795965513031950, 0, 'ba0e822f4c08c90a098af81c357b15ac8dee8a1b898fc584aa9c2c58f98795e8', 17, 'c811bb7279c68b18926d6ae59da32092b2cf8005e8c9a1648c04ed8ec0eb4294', 0);
INSERT INTO batches VALUES ('01a227e2-ed4b-7870-8000-0b63acd288e5', 1795965513035540, 0, 'e33caa9e6ff9f0d54ef926c373034886834284976397357e839319e2f49391ba', 18, 'ac842ae5b3afe753758296e302a35d60dfb9f3a13e82031c2c984c9c88975d68', 0);
INSERT INTO batches VALUES ('01a227e2-ed52-71e4-8000-195de977f92a', 1795965513042121, 0, 'd7abbbab0a7dfc302ad1fae40323a5041df9d5993365f2a2d605dc6ef8e0bf8d', 19, 'ae698e918c6d543204139fe6e79031fa52897c344103df7cfc58f5101ba9f937', 0);
INSERT INTO batches VALUES ('01a227e2-ed55-7858-8000-0392e3de924e', 1795965513045534, 0, '559a948f0b0910181917f53dc7f09f0e887a8892a5b030dbf67fef1f710db816', 20, 'db807ca74d4ad9d59ce470c1342ef2f5140978726c8cf1a7c13e369d2fc0781e', 0);
INSERT INTO batches VALUES ('01a227e2-ed5c-7570-8000-2d332f7ae8af', 1795965513052348, 0, '9a6fa807a1301da51c007a693defb20cfc78247a6408441d0db71b8f093f20f5', 21, '1e84c73bf14a636be616e90ce74c0b1937768054eae505a6d5285cc39086b8e8', 0);
INSERT INTO batches VALUES ('01a227e2-ed5f-7b3c-8000-1c147dbc5f82', 1795965513055719, 0, '901db8549720e47a90b3681014132d90672d77a981f1a938d2bb1f919d4229d7', 22, 'd0b5e2a006ff5436a5f0b4954001c2cc3f31c897bcef755e45352d8ebfea5d42', 0);
INSERT INTO batches VALUES ('01a227e2-ed65-7d44-8000-15c128dfacf8', 1795965513061849, 0, '937c965cd5ed505a6837e3e3f580610b692a23ec558f03fad69d87e5a43917c2', 23, '361d4246cbf161790ee70c522fea4ea79b8b712c91e17d1fdc3e75a72feda67d', 0);
INSERT INTO batches VALUES ('01a227e2-f30a-78b0-8000-15dccf644e92', 1795965514506556, 0, '111de84544b0b8f3db3527cae55d17a552d32ea6e522462a5e59d4a772b62d79', 24, '63c7ab6ae754286c51ed375c718eb317561a6ad9e4694e1223c9db8fd64a4e41', 0);
INSERT INTO batches VALUES ('01a227e2-f311-7624-8000-0beee77f5fac', 1795965514513393, 0, 'de096feb1276ac9f6fb3dd0e2002886ec459bfb280f3805dc9484f11a5ef1eb7', 25, '9ad93c097d31ae781036fb458143892c5d4ea1e4a49d7cddb1484a63f342ed9b', 0);
INSERT INTO batches VALUES ('01a227e2-f314-7620-8000-0c758378910f', 1795965514516392, 0, '78aaf0d134b969424eb47ca080e702e3bdf6ac133c21382c7bd0b1306989be25', 26, '6ffb02f99ff94f12866d476f0b311fdac53b263b1d4735b676ba98dbf8fad655', 0);
INSERT INTO batches VALUES ('01a227e2-f31a-70bc-8000-35f85615a34d', 1795965514522047, 0, '35309693e4a101b15795bc067094a9ad24241f5f55c57effc70204258eee4b4a', 27, '0c2af63f8490b5c87cf2decc58fedcfb5246559ac6be0a9fd39e01368c377fee', 0);
INSERT INTO batches VALUES ('01a227e2-f8e5-71c8-8000-0cb02184630e', 1795965516005114, 0, 'd00e6f880801a56e2982667ffc6d8fbe61cf6eb7f005eafe0329f26b6e5c2575', 28, 'bd74521412171cfb3af64d6c65b09b7663d53739f1f53b82f2941b6d9da5c61a', 0);
INSERT INTO batches VALUES ('01a227e2-f8ec-7acc-8000-1bc73524e7ed', 1795965516012691, 0, '5246ff71ed609a342da3658b92b106d5db54c408e76e859eb0cbcbe53f475111', 29, 'c40452a15b7b8a0dcb65592cb2f8c5dfc7883f36eaebc86b525b2ad6e3291735', 0);
INSERT INTO batches VALUES ('01a227e2-f8ef-7bd0-8000-3df5e4f37c95', 1795965516015756, 0, 'cc82113e3e4220287fb211873745070c71617bdb79aaf9b60a2d69ea2bff244f', 30, '20e4b706ba8f2f657f97c908cbed2991a1d3c9b14e7825dea507873e690c390b', 0);
INSERT INTO batches VALUES ('01a227e2-f8fb-7418-8000-0319a2eb488d', 1795965516027262, 0, 'c5d1836da73137848b04cf28964a9021836deab2305ea80ad1a4cdc6427db872', 31, '273d355463d7c789777e87730949bc2e3d35603ee711bd244e5bc9b11f7a52e0', 0);
INSERT INTO batches VALUES ('01a227e2-fa30-7910-8000-29c4499ec841', 1795965516336580, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32, 'd7abf8429ce0f516dbeed19e321cd7967270f026e51dbb5c55e942f2b462ef66', 0);
INSERT INTO batches VALUES ('01a227e2-fb7d-7ee8-8000-256ceb221890', 1795965516669954, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 33, 'b36c0a1d2959f118ebfd9a1fb2ade0cba75a80fe78835e85e53bf05b05ed74cf', 0);
INSERT INTO batches VALUES ('01a227e2-fccb-75b4-8000-071d4f4f2ebf', 1795965517003365, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 34, '1a886ea138e1cee8e6153d3f3add26cf1060b736d3247aa5a7ff09c55ba65f0f', 0);
INSERT INTO batches VALUES ('01a227e2-fe19-78c8-8000-391c02bafc37', 1795965517337562, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 35, '2bdd61eb724063f8349b1d5e7114db09a820953afc1e4b3adf07d0ad5b1f18b8', 0);
INSERT INTO batches VALUES ('01a227e2-ff66-7c40-8000-2d314f337149', 1795965517670784, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 36, '94d75dee5d3ca6cbfbd1c8f65b61188796ea9bcce4e651a62d5615f0821a6d28', 0);
INSERT INTO batches VALUES ('01a227e3-00b3-76a8-8000-02da04d464ab', 1795965518003426, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 37, '1b38422ec571f201c3fdca26befab8729227d02b9ec7d0e11b295d121be04ec6', 0);
INSERT INTO batches VALUES ('01a227e3-0201-778c-8000-0483e01d3d15', 1795965518337483, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 38, 'e4478b62750cbb15caedd3ee0e4b1af0e7c76f0053dfb3218f043dfaebf45f68', 0);
INSERT INTO batches VALUES ('01a227e3-034e-7b0c-8000-1073abe48a0b', 1795965518670707, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 39, '68df396baf2cd3f262a3ca66ee59da170c05ef662b1cd32ac674511bf2474d83', 0);
INSERT INTO batches VALUES ('01a227e3-049b-740c-8000-1140932b86f4', 1795965519003259, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 40, '2fd25c17e69eebca857c7822c6acd4b47d23d247e68ad638a1c52f60a9e1381e', 0);
INSERT INTO batches VALUES ('01a227e3-04b5-7398-8000-3418d546aaf4', 1795965519029230, 0, '2cdaf6aeb3ddc318a2a79252bd63854ededc1cefc03105d13f0d9ab8c60bce06', 41, '3165ffabb157074f3ff1356242fd72a72e982175c73c70b1a78afd783daa467e', 0);
INSERT INTO batches VALUES ('01a227e3-05e9-70f4-8000-327613af97c0', 1795965519337061, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 42, 'bc47f16ec6184ed3d2a3d3d780539efeb06f3d6d1a9fc0eab3ae3953310bbc3d', 0);
INSERT INTO batches VALUES ('01a227e3-0736-7c4c-8000-3b6521f6ad7d', 1795965519670787, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 43, 'c356d677d712ed4307d3352ed86df12caaeceff48248e7850ee5a2dd5e54b802', 0);
INSERT INTO batches VALUES ('01a227e3-0883-744c-8000-3dab933e95f8', 1795965520003275, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 44, 'bc6de3df0b5591257605bb59bcdc5c6979d564d999e7c2d782d1e71481384275', 0);
INSERT INTO batches VALUES ('01a227e3-09d1-72c0-8000-0c32d3223061', 1795965520337176, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 45, '3a0a46077e84a5a7b1bbec75d47930c50c22d52a73d961fac186356c1082aae6', 0);
INSERT INTO batches VALUES ('01a227e3-0b1e-796c-8000-08e610f7e8f8', 1795965520670603, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 46, 'b4ff147be9c2897527875fbdcdf392c49fdc92a491ba4944eef7baaf2599779a', 0);
INSERT INTO batches VALUES ('01a227e3-0c6b-79a4-8000-2ce2b00d4c92', 1795965521003617, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 47, '4772abc0306b88c8b542956a38159bd6bb866a875ba065dfd1b3b48689154212', 0);
INSERT INTO batches VALUES ('01a227e3-0db9-7130-8000-13dace2b9cf8', 1795965521337076, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 48, 'c4e81775da6db4621579b6b3e53fc2a9dd38e2a65ab13e62694e8ccdae0261c8', 0);
INSERT INTO batches VALUES ('01a227e3-0f05-7f8c-8000-0073a64f65a4', 1795965521669995, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 49, '70c9ab6cafa6ab6bc78c201aa83bb5635a7e8eb55f8305b19f373181e6b4f5c1', 0);
INSERT INTO batches VALUES ('01a227e3-1053-72d8-8000-3e090abdb658', 1795965522003182, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, '', 0);
CREATE INDEX batches_unsealed ON batches (id) WHERE seq = 0 AND void = 0;
CREATE UNIQUE INDEX batches_seq ON batches (seq) WHERE seq > 0;
CREATE TABLE "orders" (
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
    progress         TEXT   NOT NULL,
    provider_ref TEXT   NOT NULL,
    server_no    BIGINT NOT NULL,
    server_uuid  TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    login_link   TEXT   NOT NULL,
    password     TEXT   NOT NULL,
    updated_at   BIGINT NOT NULL
, wake_at BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO orders VALUES ('01a227e2-ed34-70cc-8000-54a0880959aa', 'CLOUD_20261129151833_0BRK06DA', 'new_server', 'buyer', 1299, '01a227e2-ed34-70cc-8000-54a0880959aa', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965513012051, '{"balance_before":1000000000,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557513012051}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', 'v1:0tHRUivkgoIjpcFIOfgpf/nYRtd68qp/9FXX9fFMTouHQN6pvdWDo6T7eOJdy1GX', 1795965513021156, 0);
INSERT INTO orders VALUES ('01a227e2-ed41-7cdc-8000-56e5b8f82d93', 'CLOUD_20261129151833_0S6Z07CK', 'new_server', 'buyer', 1299, '01a227e2-ed41-7cdc-8000-56e5b8f82d93', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965513025823, '{"balance_before":999998701,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"one","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557513025823}', 'completed', 1, '', 0, 0, 0, '', 'sim-2', 2, '', '10.0.0.2', '', 'v1:NghbZrWunEyQoGeqjzaNb4qm8mZjFnQ1TJJ0T6Pp9JjH83YWaklr9iutzEJuHT9a', 1795965513031950, 0);
INSERT INTO orders VALUES ('01a227e2-ed4b-7870-8000-4b9ee768c6d5', 'CLOUD_20261129151833_12PM05PN', 'new_server', 'buyer', 1299, '01a227e2-ed4b-7870-8000-4b9ee768c6d5', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965513035540, '{"balance_before":999997402,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"two","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557513035540}', 'completed', 1, '', 0, 0, 0, '', 'sim-3', 3, '', '10.0.0.3', '', 'v1:Wb6FdhJeafz/23i+cUsnJvCmsLPU/GppPkCLcf/5D9OhoehpyMtE6m3i6xDY/AwP', 1795965513042121, 0);
INSERT INTO orders VALUES ('01a227e2-ed55-7858-8000-6bc42596dc94', 'CLOUD_20261129151833_1CEY074M', 'new_server', 'buyer', 1299, '01a227e2-ed55-7858-8000-6bc42596dc94', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965513045534, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-refuse","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557513045534}', 'refunded', 1, '', 0, 0, 0, '', '', 0, '', '', '', 'v1:P3P88dyIBthM3Zodng6VYNEJYdpgiB7uOeM1BjJshzJNNcyDT+6reHIsbNvLInDf', 1795965513052348, 0);
INSERT INTO orders VALUES ('01a227e2-ed5f-7b3c-8000-672482f94706', 'CLOUD_20261129151833_1PD705R6', 'new_server', 'buyer', 1299, '01a227e2-ed5f-7b3c-8000-672482f94706', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965513055719, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-lost","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557513055719}', 'completed', 2, '', 0, 0, 0, '', 'sim-5', 5, '', '10.0.0.5', '', 'v1:irJxRfd83NHMDj/2kFmhoJfdO27gK5LpZx7H78oeOjD72xLkUo7XqzmeLMWt1Qr9', 1795965514513393, 0);
INSERT INTO orders VALUES ('01a227e2-f314-7620-8000-6495aa9d7af7', 'CLOUD_20261129151834_FR9806QQ', 'new_server', 'buyer', 1299, '01a227e2-f314-7620-8000-6495aa9d7af7', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965514516392, '{"balance_before":999994804,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-wait","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557514516392}', 'completed', 2, '', 0, 0, 0, '', 'sim-6', 6, '', '10.0.0.6', '', 'v1:BDqvaJgVd85RUoVfvbwWmquIPMHUlLZFTAEBEJVJgB/PlzUvDg1ZWW9W27/yBSDV', 1795965516012691, 0);
INSERT INTO orders VALUES ('01a227e2-f8ef-7bd0-8000-6d8ba019190a', 'CLOUD_20261129151836_0FCC068A', 'renew_server', 'buyer', 1299, '01a227e2-ed34-70cc-8000-54a0880959aa', '', 1795965516015756, '{"balance_before":999993505,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1801149513012051}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', '', 1795965516015756, 0);
INSERT INTO orders VALUES ('01a227e2-f8fb-7418-8000-449d9f34d0fc', 'CLOUD_20261129151836_0TKY047W', 'new_server', 'buyer', 1299, '01a227e2-f8fb-7418-8000-449d9f34d0fc', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965516027262, '{"balance_before":999992206,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557516027262}', 'paid', 1, 'vm/17750/CGAJJXxl', 1795965523003182, 1795965519027262, 0, '', '', 0, '', '', '', 'v1:lGQbeHXUh49mEvedm+tiJq7+id65D6Ohj16hqs6U4wWSbiWEYR2VP82ICbd9CNWQ', 1795965522003182, 1795965523003182);
INSERT INTO orders VALUES ('01a227e3-04b5-7398-8000-426f49dd904a', 'CLOUD_20261129151839_0WHE042A', 'new_server', 'buyer', 1299, '01a227e3-04b5-7398-8000-426f49dd904a', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795965519029230, '{"balance_before":999990907,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798557519029230}', 'paid', 1, 'vm/17750/CGAJJXxl', 1795965523003182, 1795965522029230, 0, '', '', 0, '', '', '', 'v1:HA4BhjVErknl3cLnI9/PqR7KsEi9NgUpQqFa7dhlb0rj83ELAU6Rn/hGctVH6QjX', 1795965522003182, 1795965523003182);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_user ON orders (user_id, id);
CREATE TABLE "services" (
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
, due_at BIGINT NOT NULL DEFAULT 0, work TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID;
INSERT INTO services VALUES ('01a227e2-ed34-70cc-8000-54a0880959aa', 'server', 'buyer', 1795965513012051, '{"name":"kept","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-1', 1, '', '10.0.0.1', '', 1801149513012051, 1795965516015756, 1798557514513903, '{}');
INSERT INTO services VALUES ('01a227e2-ed41-7cdc-8000-56e5b8f82d93', 'server', 'buyer', 1795965513025823, '{"name":"one","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-2', 2, '', '10.0.0.2', '', 1798557513025823, 1795965513031950, 1797261513025823, '{}');
INSERT INTO services VALUES ('01a227e2-ed4b-7870-8000-4b9ee768c6d5', 'server', 'buyer', 1795965513035540, '{"name":"two","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-3', 3, '', '10.0.0.3', '', 1798557513035540, 1795965513042121, 1797261513035540, '{}');
INSERT INTO services VALUES ('01a227e2-ed5f-7b3c-8000-672482f94706', 'server', 'buyer', 1795965513055719, '{"name":"sim-lost","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-5', 5, '', '10.0.0.5', '', 1798557513055719, 1795965514513393, 1797261513055719, '{}');
INSERT INTO services VALUES ('01a227e2-f314-7620-8000-6495aa9d7af7', 'server', 'buyer', 1795965514516392, '{"name":"sim-wait","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-6', 6, '', '10.0.0.6', '', 1798557514516392, 1795965516012691, 1797261514516392, '{}');
CREATE INDEX services_due ON services (due_at) WHERE due_at > 0;
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
) WITHOUT ROWID;
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
) WITHOUT ROWID;
CREATE INDEX pool_items_free ON pool_items (pool, place) WHERE owner = '';
CREATE INDEX services_edge ON services (provider) WHERE sort = 'network' AND status <> 'terminated';
CREATE INDEX services_networks ON services (user_id, id) WHERE sort = 'network';
CREATE INDEX orders_due ON orders (wake_at) WHERE wake_at > 0;
CREATE INDEX batches_open ON batches (look_at) WHERE look_at > 0;
