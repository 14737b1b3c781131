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
INSERT INTO users VALUES ('buyer', '', 'Buyer', '', 1, 0, 3, 'email', 0, 1795280434714390, 1795280434714390);
INSERT INTO users VALUES ('suspended', '', 'Suspended', '', 0, 0, 3, 'email', 0, 1795280434792648, 1795280434873670);
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
INSERT INTO api_keys VALUES ('01a1ff0d-764c-79d0-8000-6c5f359dd5db', 'buyer', '', '353f18ae045e1c681c87b412d8c340b14fd2e9a11579168ecadee64cb3d340a1', 'order,read', '', 0, 0, 1795280434764628, 1795280434764628);
INSERT INTO api_keys VALUES ('01a1ff0d-76d8-74f8-8000-7c3a97fb4a41', 'suspended', '', '955f9948e401fde1f4bac12c6343366120f49ee41457bd82560570c7872227fe', 'order,read', '', 0, 1795280434926622, 1795280434904318, 1795280434926622);
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO wallets VALUES ('buyer', 'EUR', 999989608, 11, 1795280440976318);
INSERT INTO wallets VALUES ('suspended', 'EUR', 1999, 2, 1795280434848242);
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
INSERT INTO entries VALUES ('buyer', 1, 1000000000, 1000000000, 'deposits', '', 'opening', '', 1795280434743408, '01a1ff0d-7637-7660-8000-260fb2361b44');
INSERT INTO entries VALUES ('buyer', 2, -1299, 999998701, 'sales', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', '', '', 1795280434955464, '01a1ff0d-770b-7740-8000-32896f95d9f5');
INSERT INTO entries VALUES ('buyer', 3, -1299, 999997402, 'sales', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', '', '', 1795280434961948, '01a1ff0d-7711-7ed0-8000-11a436bd2d5c');
INSERT INTO entries VALUES ('buyer', 4, -1299, 999996103, 'sales', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', '', '', 1795280434967574, '01a1ff0d-7717-78f8-8000-17607d31ab8a');
INSERT INTO entries VALUES ('buyer', 5, -1299, 999994804, 'sales', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', '', '', 1795280434972929, '01a1ff0d-771c-7e84-8000-374137c3c0fa');
INSERT INTO entries VALUES ('buyer', 6, 1299, 999996103, 'sales', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', '', '', 1795280434977781, '01a1ff0d-7721-7c34-8000-2761f171e2a5');
INSERT INTO entries VALUES ('buyer', 7, -1299, 999994804, 'sales', '01a1ff0d-7722-7974-8000-50e652aa27ae', '', '', 1795280434978605, '01a1ff0d-7722-7974-8000-130b588e7c27');
INSERT INTO entries VALUES ('buyer', 8, -1299, 999993505, 'sales', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '', '', 1795280436464345, '01a1ff0d-7cf0-7564-8000-0a965a94927c');
INSERT INTO entries VALUES ('buyer', 9, -1299, 999992206, 'sales', '01a1ff0d-82cf-7c58-8000-624b2cad819c', '', '', 1795280437967790, '01a1ff0d-82cf-7c58-8000-3879eccf0c5f');
INSERT INTO entries VALUES ('buyer', 10, -1299, 999990907, 'sales', '01a1ff0d-82d6-7718-8000-61d2b11ac989', '', '', 1795280437974454, '01a1ff0d-82d6-7718-8000-15f1d687fb4f');
INSERT INTO entries VALUES ('buyer', 11, -1299, 999989608, 'sales', '01a1ff0d-8e90-74f8-8000-6c3cd22717a6', '', '', 1795280440976318, '01a1ff0d-8e90-74f8-8000-1b3fe2934a28');
INSERT INTO entries VALUES ('suspended', 1, 2500, 2500, 'deposits', '', 'first', '', 1795280434822738, '01a1ff0d-7686-7b88-8000-09a215ff9e91');
INSERT INTO entries VALUES ('suspended', 2, -501, 1999, 'correction', '', 'second', 'a correction, it''s ''quoted''', 1795280434848242, '01a1ff0d-76a0-73c8-8000-25642c5788b9');
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
INSERT INTO events VALUES ('01a1ff0d-7600-7874-8000-00372f9acb5f', 0, 1795280434688541, 'catalogue.applied', '', '', '', '', 0);
INSERT INTO events VALUES ('01a1ff0d-761a-7618-8000-0fa7b6cce3ad', 0, 1795280434714390, 'user.created', 'buyer', '', '', '', 0);
INSERT INTO events VALUES ('01a1ff0d-7637-7660-8000-260fb2361b44', 0, 1795280434743408, 'wallet.credited', 'buyer', '', '', 'opening', 1000000000);
INSERT INTO events VALUES ('01a1ff0d-764c-79d0-8000-06bf6e088c91', 0, 1795280434764628, 'key.created', 'buyer', '', '', '01a1ff0d-764c-79d0-8000-6c5f359dd5db', 0);
INSERT INTO events VALUES ('01a1ff0d-7668-7a20-8000-26d2c956e518', 0, 1795280434792648, 'user.created', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a1ff0d-7686-7b88-8000-09a215ff9e91', 0, 1795280434822738, 'wallet.credited', 'suspended', '', '', 'first', 2500);
INSERT INTO events VALUES ('01a1ff0d-76a0-73c8-8000-25642c5788b9', 0, 1795280434848242, 'wallet.debited', 'suspended', '', '', 'second', -501);
INSERT INTO events VALUES ('01a1ff0d-76b9-7a78-8000-1de709b1ba80', 0, 1795280434873670, 'user.suspended', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a1ff0d-76d8-74f8-8000-2958689aaa37', 0, 1795280434904318, 'key.created', 'suspended', '', '', '01a1ff0d-76d8-74f8-8000-7c3a97fb4a41', 0);
INSERT INTO events VALUES ('01a1ff0d-76ee-79b8-8000-38ac890207cc', 0, 1795280434926622, 'key.revoked', 'suspended', '', '', '01a1ff0d-76d8-74f8-8000-7c3a97fb4a41', 0);
INSERT INTO events VALUES ('01a1ff0d-770b-7740-8000-32896f95d9f5', 0, 1795280434955464, 'order.paid', 'buyer', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7710-7a7c-8000-37ccadaf21bb', 0, 1795280434960671, 'order.completed', 'buyer', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7711-7ed0-8000-11a436bd2d5c', 0, 1795280434961948, 'order.paid', 'buyer', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7716-7b14-8000-1081d43dee1c', 0, 1795280434966709, 'order.completed', 'buyer', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7717-78f8-8000-17607d31ab8a', 0, 1795280434967574, 'order.paid', 'buyer', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-771c-72f8-8000-1b16ef8f0569', 0, 1795280434972190, 'order.completed', 'buyer', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-771c-7e84-8000-374137c3c0fa', 0, 1795280434972929, 'order.paid', 'buyer', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7721-7c34-8000-2761f171e2a5', 0, 1795280434977781, 'order.refunded', 'buyer', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7722-7974-8000-130b588e7c27', 0, 1795280434978605, 'order.paid', 'buyer', '01a1ff0d-7722-7974-8000-50e652aa27ae', '01a1ff0d-7722-7974-8000-50e652aa27ae', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7727-746c-8000-0610da374487', 0, 1795280434983283, 'order.waiting', 'buyer', '01a1ff0d-7722-7974-8000-50e652aa27ae', '01a1ff0d-7722-7974-8000-50e652aa27ae', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7ce9-7130-8000-2f1ada4f4651', 0, 1795280436457076, 'order.taken', 'buyer', '01a1ff0d-7722-7974-8000-50e652aa27ae', '01a1ff0d-7722-7974-8000-50e652aa27ae', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7cee-7d80-8000-3c4c595c5c59', 0, 1795280436462864, 'order.completed', 'buyer', '01a1ff0d-7722-7974-8000-50e652aa27ae', '01a1ff0d-7722-7974-8000-50e652aa27ae', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7cf0-7564-8000-0a965a94927c', 0, 1795280436464345, 'order.paid', 'buyer', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-7cf5-7444-8000-3bd56cce3d7c', 0, 1795280436469273, 'order.waiting', 'buyer', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-82c4-7ee0-8000-1e6af0c174f4', 0, 1795280437956952, 'order.taken', 'buyer', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-82ca-7ca8-8000-01b632964fe5', 0, 1795280437962810, 'order.completed', 'buyer', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-82cf-7c58-8000-3879eccf0c5f', 0, 1795280437967790, 'order.paid', 'buyer', '01a1ff0d-82cf-7c58-8000-624b2cad819c', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'renew_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-82cf-7c58-8000-3879eccf0c5f', 1, 1795280437967790, 'order.completed', 'buyer', '01a1ff0d-82cf-7c58-8000-624b2cad819c', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'renew_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-82d6-7718-8000-15f1d687fb4f', 0, 1795280437974454, 'order.paid', 'buyer', '01a1ff0d-82d6-7718-8000-61d2b11ac989', '01a1ff0d-82d6-7718-8000-61d2b11ac989', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ff0d-8e90-74f8-8000-1b3fe2934a28', 0, 1795280440976318, 'order.paid', 'buyer', '01a1ff0d-8e90-74f8-8000-6c3cd22717a6', '01a1ff0d-8e90-74f8-8000-6c3cd22717a6', 'new_server', 1299);
CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES ('4dptLKdcMtGET0z32SFVk7mn', 'sV9GEL2F/Ytt/NcgaaYDuKKwQYmLgTghjUJzFF7+33o', '01a1ff0d-770b-7740-8000-405cf9eb0ebe', 1795453234955464);
INSERT INTO idempotency_keys VALUES ('8QdJC2FgOGpCjGbdHd1l8o6b', '8MOItJoUPVCbJD9kC3WwKmZRd+acDcDXnmLBLTR6osE', '01a1ff0d-7722-7974-8000-50e652aa27ae', 1795453234978605);
INSERT INTO idempotency_keys VALUES ('BInmLnfjCzwxYH7oxTNRJJWC', '1l1YnDD3AksixV4KaRYC/CGLqzBSshSg8c0tTUwyQRQ', '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 1795453236464345);
INSERT INTO idempotency_keys VALUES ('GPzWfR8P41SxxkYoAztzMjqP', 'w+GTwcnGLVV6/qGWfTT7Rg9F2jiuyQUlJO8snr9EZdI', '01a1ff0d-82d6-7718-8000-61d2b11ac989', 1795453237974454);
INSERT INTO idempotency_keys VALUES ('HyJbn1Vi0V0Zjl8FI3Wl8tJK', '-5.01', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('M9THQSJ0JzWGg4-jLouyaIi0', 'AkIb4gaR04wwhMSxVvB3gkXyTTBs79ZskpkK5r4PrW4', '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', 1795453234961948);
INSERT INTO idempotency_keys VALUES ('WEnMcANub9M2XxTP9_SEcnn8', '25.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('gR5BOEu25DHKLm0NYGUl4xfF', 'w+GTwcnGLVV6/qGWfTT7Rg9F2jiuyQUlJO8snr9EZdI', '01a1ff0d-8e90-74f8-8000-6c3cd22717a6', 1795453240976318);
INSERT INTO idempotency_keys VALUES ('mitt52if4pqejC1CaDVijuWE', '10000000.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('rgUrJdiiQQORDYPVjJqGozGF', 'EQ8c9LVS+rSshz+ZGBPJW5PABvPxAfSivMDRXms0PF8', '01a1ff0d-82cf-7c58-8000-624b2cad819c', 1795453237967790);
INSERT INTO idempotency_keys VALUES ('tS3dNHrZn_l5HMrse0XLgY4T', 'Vg/PvVG43cOYnZtwS0hjE3q0SSmpLORcqBHJP5I9SlA', '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', 1795453234967574);
INSERT INTO idempotency_keys VALUES ('xGNQD_AZ2RiI2kMMASJt9Z8d', '7xhukg2g57tlh7LVVTf0tOD8N0Q8Sktf36v8ObpK+K0', '01a1ff0d-771c-7e84-8000-71cdf04b9a86', 1795453234972929);
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
INSERT INTO meta VALUES ('chain', '48:90aabc6e71d6d23f9c51d9a0ac61c7b5b71dc7268bad29b9c60cb38455674578');
INSERT INTO meta VALUES ('installation', '01a1ff0d-7705-7a74-8000-63ccad1d5372');
INSERT INTO meta VALUES ('secret_check', 'v1:0h8dJh0Y9mimVnhcn1v0y/IQwnt05FseayugfUZTuXFxHCg7wSbvE+x3chsfWo7CeTTSjXi+Rt7T12Ch');
CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO catalogues VALUES (1, '{"Version":1,"AppliedAt":1795280434688541,"Currency":"EUR","DefaultLocation":"","Plans":[{"ID":"56803492-50f6-8087-9717-9e11f22afdde","ExternalID":5,"Type":"vps","Name":"VPS","Cores":2,"RAM":6442450944,"Disk":40,"DiskType":"ssd","Price":1299,"Images":[13],"Applications":null,"Offers":[{"Location":"Slovenia","Provider":"sim","Capacity":-1}],"CreatedAt":1795280434688541,"UpdatedAt":1795280434688541}],"Images":[{"ID":13,"Name":"Debian 12"}],"Applications":null,"Locations":[{"Name":"Slovenia"}],"Networks":null}', 1795280434688541);
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
, digest TEXT NOT NULL DEFAULT '', seq BIGINT NOT NULL DEFAULT -1, hash TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
INSERT INTO batches VALUES ('01a1ff0d-7600-7874-8000-00372f9acb5f', 1795280434688541, 0, '5a393dae1bb5b0edc6e70b4117fca9d745adfd94a051f97927aaf52627b55bad', 1, '987dda856343a53a1635c2ac3ecc99d78e9b777a8b16443c5efc617bc68e51b5');
INSERT INTO batches VALUES ('01a1ff0d-761a-7618-8000-0fa7b6cce3ad', 1795280434714390, 0, '9b7dbda4390f0ffd83d9f7911dd869b3f82c9b0a8b1e08409a98f1d069ffca70', 2, 'd4544a252db79e04e0a50881a233e655ff57ec15106d2168600a51f0e04757e7');
INSERT INTO batches VALUES ('01a1ff0d-7637-7660-8000-260fb2361b44', 1795280434743408, 0, '4d2541c99a18f7cc6d3c2c1b122d18bce8522c39e32f123a42740132e6a8fb78', 3, '33f9614a9453aa723537782e6a3105e77f77f5167ed8aab04dd40ef4be07b49d');
INSERT INTO batches VALUES ('01a1ff0d-764c-79d0-8000-06bf6e088c91', 1795280434764628, 0, '5f50acd0069ed0caf5be8c17c5d53586b94b72bf5574706f19a9f79ddb516556', 4, '0977429147cb305078064c009adbe0d8ab4e526580a1d952af234653fbe1ea57');
INSERT INTO batches VALUES ('01a1ff0d-7668-7a20-8000-26d2c956e518', 1795280434792648, 0, 'fae0a0f0c8f4d184a87f1c5cdb85c3cc32ef94b811d274ccdfadc46fa1c3a0cf', 5, '18010e06a808ad69792bf2d1d590b3c695f474268a39f62d791db52e23050773');
INSERT INTO batches VALUES ('01a1ff0d-7686-7b88-8000-09a215ff9e91', 1795280434822738, 0, '079ffae97316eeb723137693b85424957c9bf504c8d410c8981fdc5151f443c1', 6, '975e0666ffe2732b06c9b884b8f1f5b9feefe18851dcbbd5a31289a33cb6787e');
INSERT INTO batches VALUES ('01a1ff0d-76a0-73c8-8000-25642c5788b9', 1795280434848242, 0, 'f135a661260ed0a4d1221957aede6fc69ddb9b130ed807b1a247c01365770769', 7, 'eb4899907b096c3bb3a3bc05e4e5a22e4ba9e401d2e59812df5681549eae0b0e');
INSERT INTO batches VALUES ('01a1ff0d-76b9-7a78-8000-1de709b1ba80', 1795280434873670, 0, '53f1e3229bc3c8540cff16d7f5fd717807ce76f615d4e418d34aa55716d81032', 8, 'c385c441c5adc2df9f1858ad45b394b06a337205e63e9c5351fd0a4751676c40');
INSERT INTO batches VALUES ('01a1ff0d-76d8-74f8-8000-2958689aaa37', 1795280434904318, 0, 'a1f527142c9ba87a1dd86bdc750837cf312515218a557f7355da29f1b3393148', 9, 'cbfe3e23fde6883acaa2919480c5a8b13fd2004c5294fea6b141fc20ab115c50');
INSERT INTO batches VALUES ('01a1ff0d-76ee-79b8-8000-38ac890207cc', 1795280434926622, 0, '8c5b2248540a688f97647f994c4b651522838fb1900dbf52836ceca3831b9184', 10, '525c96440edf56eeff901542b14f1f0ce5885ed982be7a765d8620fcc4b6c905');
INSERT INTO batches VALUES ('01a1ff0d-7705-7a74-8000-3fd9569301d2', 1795280434949669, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 11, 'f60dd02051dc934cebaedc04024e4d1c5a3b0566b788969d287aefd736260b67');
INSERT INTO batches VALUES ('01a1ff0d-7706-7c40-8000-35bef45f27d8', 1795280434950784, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 12, '3e63f59c98053fe2027cb634358e2cd8ec3093acebeca8f3acb7bda44b8be660');
INSERT INTO batches VALUES ('01a1ff0d-770b-7740-8000-32896f95d9f5', 1795280434955464, 0, 'b771edd71c3cc1a8469e9a829ad11c0a6ad0ee85671a6f5e05807df234531b54', 13, 'd5dc2bf3fd457b64be6ed28a384e9aa67dfe4937525f3df5c7f4c5e6719557b4');
INSERT INTO batches VALUES ('01a1ff0d-7710-7a7c-8000-37ccadaf21bb', 1795280434960671, 0, '87c688c6c450d1ae13615d329a3a3345cb59c408fa73d70821e765c59dfb5df2', 14, 'f0475d8bdcb6fb61b0134a4c58e952e612d79552b6542ca7a72f1d0e0930fb1b');
INSERT INTO batches VALUES ('01a1ff0d-7711-7ed0-8000-11a436bd2d5c', 1795280434961948, 0, '02029e3c27c43b567cdc49a46ac04dc29a43635ccc616f3dc2325535e7170fa9', 15, '861d41f7d72f8dc3b6282b96d6c1d94a253b7841a02a638f5c8b11d06b9ed23b');
INSERT INTO batches VALUES ('01a1ff0d-7716-7b14-8000-1081d43dee1c', 1795280434966709, 0, '07f5b7eaf9a3284ab137d353b69bb46b2cce38a4c222693825707ce3d304efbf', 16, '481d55d8afdc1beb4417e07c12ae7a0927e83adbecd5d4eb3ce012d71d8fd37a');
INSERT INTO batches VALUES ('01a1ff0d-7717-78f8-8000-17607d31ab8a', 1795280434967574, 0, '02f75bbd1b8aa0a51adee8cde1c73437ae3b9b36addf7764d8901a366ac382db', 17, '0faa26f9b854d7978ed486844a48fd4164a25850f6bd3923f19cd5f3842e22ce');
INSERT INTO batches VALUES ('01a1ff0d-771c-72f8-8000-1b16ef8f0569', 1795280434972190, 0, 'b3d3c331465eb31abbeb5345a146dc3880769bd7965b3e5ca42d231c7d17f6fe', 18, '748cf2812b9f3da915b551b3dd7f3e5c120acc54c34119adbbebfe172ee0d6c6');
INSERT INTO batches VALUES ('01a1ff0d-771c-7e84-8000-374137c3c0fa', 1795280434972929, 0, '1034709fa1c92fbfadcc3dd6d85d2619807a0d12af1c9fdc561ad05d568c15a5', 19, 'aeb45f5262d8ec64f2fb09c8fc304512e8201ef4cceff410ed08aa385c64e5f2');
INSERT INTO batches VALUES ('01a1ff0d-7721-7c34-8000-2761f171e2a5', 1795280434977781, 0, 'd7547d04733432dc378f486b5315a87c4c65e65b38fad763a0ed0630e16a7381', 20, '74700b95ce0de7792271ace9e1fa331e683733579e4e75ecfeb2a8e69e928d59');
INSERT INTO batches VALUES ('01a1ff0d-7722-7974-8000-130b588e7c27', 1795280434978605, 0, '9d34e43392945daaccb8f3ef42c0e29ccf8399fe24be697753bbb2e9c449df19', 21, '8b5bbc423fdc4afe7cbb28a4eefb6ab3544a170ef115d051e33acd8b0862fcbe');
INSERT INTO batches VALUES ('01a1ff0d-7727-746c-8000-0610da374487', 1795280434983283, 0, '83545ad5b696d71518ae46b18863cb9117d7d30766c2108fcc2488b2b95d36f1', 22, '01f993884699f2b23970f8bc9c051088e8ef45d2ef4b22946821a00191df532e');
INSERT INTO batches VALUES ('01a1ff0d-7ce9-7130-8000-2f1ada4f4651', 1795280436457076, 0, '63b051f0d24e89a5fee27ff6bcf3456d22b469553e5b2c40bba494c0c39532fc', 23, 'f5b7e74155f1e3f3d5ea781d106055c4da3d0c3099c029c36b7abca5794bdd9c');
INSERT INTO batches VALUES ('01a1ff0d-7cee-7d80-8000-3c4c595c5c59', 1795280436462864, 0, 'ca4c6923a3cf41c2b9819f38d9370fe11ee8196fbf9d4701fa4cd0cba575e89e', 24, '2fd365de5ae039c632b384ae42c1f7b879acdebf4c35e1cd53f5e45944ee4a4d');
INSERT INTO batches VALUES ('01a1ff0d-7cf0-7564-8000-0a965a94927c', 1795280436464345, 0, 'aab47b3d336752179752d893ced4e6ae85a5d37896a4dadbcc6ea0ac14f55d73', 25, 'bf0f14a3d561cd0e0408cb9e471b75b25423788e8c11b0ca773de8b58cfd2041');
INSERT INTO batches VALUES ('01a1ff0d-7cf5-7444-8000-3bd56cce3d7c', 1795280436469273, 0, '1e9702ad1d44111afba9e9fbe5fce556e0b8515d03ee4abd68b1f90632e2ced8', 26, 'e42cbc0c0d708fc54af3261d9e36dd2d814ad2e0664f807058dfa3241a5aaf0e');
INSERT INTO batches VALUES ('01a1ff0d-82c4-7ee0-8000-1e6af0c174f4', 1795280437956952, 0, '8679f564ae02641508627e3f137c4c54b61db1313c7addcd547d94381a4b1663', 27, '8679b9d126df41f00f5b277eafcf4cb4ecbbda02270b7f2a89628f5f9a1d52aa');
INSERT INTO batches VALUES ('01a1ff0d-82ca-7ca8-8000-01b632964fe5', 1795280437962810, 0, 'ea9fc7e476cee03cfe04420fa17ecbb84f379d80f2b9ce350c42ba210c2a8244', 28, 'f64b3ed6d083f665f271f674758dbc6d65d19eee2d5c7f3e801e84ea5e1e664c');
INSERT INTO batches VALUES ('01a1ff0d-82cf-7c58-8000-3879eccf0c5f', 1795280437967790, 0, '1a07bb6e74268535389348868306bfcad1a66314f444043743d33ab8e9c01205', 29, 'b68f1911ebaa8ae91f0ce8b838f440579ca61dd3b3e839bad0b1615aaa7ceca8');
INSERT INTO batches VALUES ('01a1ff0d-82d6-7718-8000-15f1d687fb4f', 1795280437974454, 0, '41b16daccb54d6c364f48acac7a649160ce69ba9edd8b31cffdf2a0dd2f73adc', 30, 'a7d815ec64a4a83807067808e6ad37bcd5d04de145d3e82bd4dd3e2410c2f305');
INSERT INTO batches VALUES ('01a1ff0d-8411-7514-8000-322476e4f8c2', 1795280438289325, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 31, '40e950e4b1df5073524654766fa29529077c6a434e87f9e9155629413af7db0f');
INSERT INTO batches VALUES ('01a1ff0d-855e-7e04-8000-3836de407427', 1795280438622897, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32, '942534f4b62fe2a1db8928c6fe7b09ca43170cb3a3475382131589d29dc092cd');
INSERT INTO batches VALUES ('01a1ff0d-86ab-7500-8000-008cde684062', 1795280438955320, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 33, '530f372d26851dfc40ed3e79b2c6ff4fa42902be18eb4a0b8cd02f8e86d77cb3');
INSERT INTO batches VALUES ('01a1ff0d-87f9-71c8-8000-39afc27b5ac9', 1795280439289114, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 34, '940204c3c65de93356ce95d10efdaed37be2d3dba9d1f7131c169869e623ad11');
INSERT INTO batches VALUES ('01a1ff0d-8946-7090-8000-28748065e51b', 1795280439622036, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 35, '9ce17cfe8b2aa788764e9974e8c0e5bb3bba7a8e804494e94c293d826c8e1e7c');
INSERT INTO batches VALUES ('01a1ff0d-8a93-78e4-8000-2c93405f5f6e', 1795280439955569, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 36, '181b6346cb93caa87c435cb88a17129ed7d0fa744b20fb0a0bc0d6b1725d1f2f');
INSERT INTO batches VALUES ('01a1ff0d-8be0-7a28-8000-32e2c7a2aa99', 1795280440288650, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 37, '2b77ba251566f29761571595337746ee5de9c84bff6621cb51f4349b772f388e');
INSERT INTO batches VALUES ('01a1ff0d-8d2d-7ef8-8000-28410b57d188', 1795280440621958, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 38, 'c6afc9151001678cb02d9f43bc5726c7ee9c69766607b95178cc42fca0704e4d');
INSERT INTO batches VALUES ('01a1ff0d-8e7c-7388-8000-1dc8862d5087', 1795280440956226, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 39, '2ab419cef68666d379e0a979adf64b6ad07f26a3956aa4a233575614cb67fec1');
INSERT INTO batches VALUES ('01a1ff0d-8e90-74f8-8000-1b3fe2934a28', 1795280440976318, 0, 'd5bc39bb98455da8c73634a23e3d1d5b88cdf194b93c15f68220420899741c2e', 40, 'b0e4297f7925ebb25842b27b7a88a6b565e58aa57d368a2b933adb78f76a3660');
INSERT INTO batches VALUES ('01a1ff0d-8fc9-74ac-8000-3efd1d14dced', 1795280441289299, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 41, '40b744c43f9f96faab19f412c5b2e9c2cdb4f59cb0f3bbb3d63c573f7b46c132');
INSERT INTO batches VALUES ('01a1ff0d-9116-7dac-8000-1d3b39215c78', 1795280441622875, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 42, '4919151ec837da098fd687741aca36a7d53b1e4856a9c9cff73a9acc6698b8e2');
INSERT INTO batches VALUES ('01a1ff0d-9263-79c8-8000-328a2ded93dd', 1795280441955626, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 43, '8135620bbd51559867711928521338e804847b0ab0b46939dacf8a754f598614');
INSERT INTO batches VALUES ('01a1ff0d-93b0-7c18-8000-0be8ee90c287', 1795280442288774, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 44, '64a6b6c63ff848bb7db3f70e25d5a15c9ff4848eead2eb97052196f9285acb70');
INSERT INTO batches VALUES ('01a1ff0d-94fe-733c-8000-38f151f98d4f', 1795280442622207, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 45, '0fa6b3937d3a71d70ded07ea88e7e1baac6edb4d81d4484bb2baee3540d4ba20');
INSERT INTO batches VALUES ('01a1ff0d-964c-7008-8000-3ef5cceb2d64', 1795280442956002, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 46, 'e2586cdc611aa83f6d2341ead9d17cb0d1ee6fe0d5c1f4b7825db739ae17c8e9');
INSERT INTO batches VALUES ('01a1ff0d-9799-7128-8000-2e7f2bdd7004', 1795280443289074, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 47, 'a3e3932f0d2f0cf2c3bda3fe3e5508640c0df7f56caf6725367fbc246d62a0c0');
INSERT INTO batches VALUES ('01a1ff0d-98e5-7f9c-8000-3e816e9524ec', 1795280443621999, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 48, '90aabc6e71d6d23f9c51d9a0ac61c7b5b71dc7268bad29b9c60cb38455674578');
INSERT INTO batches VALUES ('01a1ff0d-9a34-75ec-8000-002ca0a3b4c2', 1795280443956379, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, '');
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
    note         TEXT   NOT NULL,
    provider_ref TEXT   NOT NULL,
    server_no    BIGINT NOT NULL,
    server_uuid  TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    login_link   TEXT   NOT NULL,
    password     TEXT   NOT NULL,
    updated_at   BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO orders VALUES ('01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'CLOUD_20261121170034_BKWYP3NY', 'new_server', 'buyer', 1299, '01a1ff0d-770b-7740-8000-405cf9eb0ebe', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280434955464, '{"balance_before":1000000000,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872434955464}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', 'v1:ATRXidn8uL9JbLCGmBtWZbJs2IAHgrAxHdMcGrNfxIktzAypSL+F8+QxkvUbemA2', 1795280434960671);
INSERT INTO orders VALUES ('01a1ff0d-7711-7ed0-8000-495d88fa2ce8', 'CLOUD_20261121170034_BP4FMB78', 'new_server', 'buyer', 1299, '01a1ff0d-7711-7ed0-8000-495d88fa2ce8', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280434961948, '{"balance_before":999998701,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"one","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872434961948}', 'completed', 1, '', 0, 0, 0, '', 'sim-2', 2, '', '10.0.0.2', '', 'v1:TKgpBNG+QRDEjRshB6/lCIRSvZM49IO0QqjJ37dl+gUjPAwLwHC3MsdT5KNQUgdU', 1795280434966709);
INSERT INTO orders VALUES ('01a1ff0d-7717-78f8-8000-5b7c344ea6f9', 'CLOUD_20261121170034_FGT4X9QS', 'new_server', 'buyer', 1299, '01a1ff0d-7717-78f8-8000-5b7c344ea6f9', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280434967574, '{"balance_before":999997402,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"two","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872434967574}', 'completed', 1, '', 0, 0, 0, '', 'sim-3', 3, '', '10.0.0.3', '', 'v1:8o9sm31gz48IwOFsGPyK3jTYpRgg/K4rm/RugcnuIB2XGx1IHXe/HAIq2AN9XmGc', 1795280434972190);
INSERT INTO orders VALUES ('01a1ff0d-771c-7e84-8000-71cdf04b9a86', 'CLOUD_20261121170034_SQR4Q6M6', 'new_server', 'buyer', 1299, '01a1ff0d-771c-7e84-8000-71cdf04b9a86', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280434972929, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-refuse","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872434972929}', 'refunded', 1, '', 0, 0, 0, '', '', 0, '', '', '', 'v1:4uhmfd5MzDg1GnzCyllx90W3iXvuOUyJ0Pz57n8tQVrNgSTf3hmH/zdW18ye9VXT', 1795280434977781);
INSERT INTO orders VALUES ('01a1ff0d-7722-7974-8000-50e652aa27ae', 'CLOUD_20261121170034_WS9AM9XE', 'new_server', 'buyer', 1299, '01a1ff0d-7722-7974-8000-50e652aa27ae', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280434978605, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-lost","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872434978605}', 'completed', 2, '', 0, 0, 0, '', 'sim-5', 5, '', '10.0.0.5', '', 'v1:r1qNTJIf8Ot8zpghMHwVxDeVrV/Gw5cWxXNljJE0qZCdBES43Xrg60Wn7jiK5D81', 1795280436462864);
INSERT INTO orders VALUES ('01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'CLOUD_20261121170036_ZTJHS3SG', 'new_server', 'buyer', 1299, '01a1ff0d-7cf0-7564-8000-4bfea51c8f30', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280436464345, '{"balance_before":999994804,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-wait","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872436464345}', 'completed', 2, '', 0, 0, 0, '', 'sim-6', 6, '', '10.0.0.6', '', 'v1:6jfBxDdN3FE1gcKXquXtfE/1m69YwHjiggjBgdaSJBrSRF0c1aHIUvkD7MY5fJTo', 1795280437962810);
INSERT INTO orders VALUES ('01a1ff0d-82cf-7c58-8000-624b2cad819c', 'CLOUD_20261121170037_9CPAV0CW', 'renew_server', 'buyer', 1299, '01a1ff0d-770b-7740-8000-405cf9eb0ebe', '', 1795280437967790, '{"balance_before":999993505,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1800464434955464}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', '', 1795280437967790);
INSERT INTO orders VALUES ('01a1ff0d-82d6-7718-8000-61d2b11ac989', 'CLOUD_20261121170037_TARHNJC9', 'new_server', 'buyer', 1299, '01a1ff0d-82d6-7718-8000-61d2b11ac989', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280437974454, '{"balance_before":999992206,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872437974454}', 'paid', 1, 'vm/13407/BCNl0faY', 1795280444956379, 1795280440974454, 0, '', '', 0, '', '', '', 'v1:6c6xZ7Q7CT+gYI260li1CWlvXqDUkQ9eGjcqLZcc2Ynhf4Mg/hbY4ZBlVdBGgL9d', 1795280443956379);
INSERT INTO orders VALUES ('01a1ff0d-8e90-74f8-8000-6c3cd22717a6', 'CLOUD_20261121170040_7K92E5X6', 'new_server', 'buyer', 1299, '01a1ff0d-8e90-74f8-8000-6c3cd22717a6', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795280440976318, '{"balance_before":999990907,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797872440976318}', 'paid', 1, 'vm/13407/BCNl0faY', 1795280444956379, 1795280443976318, 0, '', '', 0, '', '', '', 'v1:mlO8i+KFJGG67kjjIp+kIrePpdu/hhsgly5IoDhILLh+MlQ6LE67R6VxGSSx1l4s', 1795280443956379);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_user ON orders (user_id, id);
CREATE INDEX orders_due ON orders (due_at) WHERE state = 'paid';
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
) WITHOUT ROWID;
INSERT INTO services VALUES ('01a1ff0d-770b-7740-8000-405cf9eb0ebe', 'server', 'buyer', 1795280434955464, '{"name":"kept","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-1', 1, '', '10.0.0.1', '', 1800464434955464, 1795280437967790);
INSERT INTO services VALUES ('01a1ff0d-7711-7ed0-8000-495d88fa2ce8', 'server', 'buyer', 1795280434961948, '{"name":"one","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-2', 2, '', '10.0.0.2', '', 1797872434961948, 1795280434966709);
INSERT INTO services VALUES ('01a1ff0d-7717-78f8-8000-5b7c344ea6f9', 'server', 'buyer', 1795280434967574, '{"name":"two","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-3', 3, '', '10.0.0.3', '', 1797872434967574, 1795280434972190);
INSERT INTO services VALUES ('01a1ff0d-7722-7974-8000-50e652aa27ae', 'server', 'buyer', 1795280434978605, '{"name":"sim-lost","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-5', 5, '', '10.0.0.5', '', 1797872434978605, 1795280436462864);
INSERT INTO services VALUES ('01a1ff0d-7cf0-7564-8000-4bfea51c8f30', 'server', 'buyer', 1795280436464345, '{"name":"sim-wait","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-6', 6, '', '10.0.0.6', '', 1797872436464345, 1795280437962810);
