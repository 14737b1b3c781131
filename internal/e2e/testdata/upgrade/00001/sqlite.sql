CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-01-01 00:00:00');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-01-01 00:00:00');
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
INSERT INTO users VALUES ('buyer', '', 'Buyer', '', 1, 0, 3, 'email', 0, 1795274628254763, 1795274628254763);
INSERT INTO users VALUES ('suspended', '', 'Suspended', '', 0, 0, 3, 'email', 0, 1795274628305719, 1795274628353585);
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
INSERT INTO api_keys VALUES ('01a1feb4-dcc1-7324-8000-4051a1103d1f', 'buyer', '', 'badb6c8a19dd9478f4048dc4c2ba83fae866340629e3dcc211b1d9c65ced1e28', 'order,read', '', 0, 0, 1795274628289201, 1795274628289201);
INSERT INTO api_keys VALUES ('01a1feb4-dd10-7bc4-8000-6f3fb3f891ed', 'suspended', '', 'e20bf5fec482838bba808f8dd88af45523380937894bc7169737a7e5d0a426ba', 'order,read', '', 0, 1795274628386231, 1795274628368753, 1795274628386231);
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO wallets VALUES ('buyer', 'EUR', 999989608, 11, 1795274634417158);
INSERT INTO wallets VALUES ('suspended', 'EUR', 1999, 2, 1795274628337678);
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
INSERT INTO entries VALUES ('buyer', 1, 1000000000, 1000000000, 'deposits', '', 'opening', '', 1795274628272100, '01a1feb4-dcb0-7190-8000-3f475e68d006');
INSERT INTO entries VALUES ('buyer', 2, -1299, 999998701, 'sales', '01a1feb4-dd37-7424-8000-53f4385d3f1d', '', '', 1795274628407265, '01a1feb4-dd37-7424-8000-1ca122971db7');
INSERT INTO entries VALUES ('buyer', 3, -1299, 999997402, 'sales', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', '', '', 1795274628413088, '01a1feb4-dd3d-7160-8000-168dc5ffa95d');
INSERT INTO entries VALUES ('buyer', 4, -1299, 999996103, 'sales', '01a1feb4-dd42-7608-8000-415c52885a17', '', '', 1795274628418386, '01a1feb4-dd42-7608-8000-19fd598ecb3d');
INSERT INTO entries VALUES ('buyer', 5, -1299, 999994804, 'sales', '01a1feb4-dd47-7798-8000-781a513c9f9a', '', '', 1795274628423486, '01a1feb4-dd47-7798-8000-22a932e3f855');
INSERT INTO entries VALUES ('buyer', 6, 1299, 999996103, 'sales', '01a1feb4-dd47-7798-8000-781a513c9f9a', '', '', 1795274628428185, '01a1feb4-dd4c-72e4-8000-1afa042823c2');
INSERT INTO entries VALUES ('buyer', 7, -1299, 999994804, 'sales', '01a1feb4-dd4c-7d84-8000-7e62ff054017', '', '', 1795274628428865, '01a1feb4-dd4c-7d84-8000-35a904e0ec10');
INSERT INTO entries VALUES ('buyer', 8, -1299, 999993505, 'sales', '01a1feb4-e31a-71d4-8000-50df1ab516e7', '', '', 1795274629914117, '01a1feb4-e31a-71d4-8000-05081e4165a2');
INSERT INTO entries VALUES ('buyer', 9, -1299, 999992206, 'sales', '01a1feb4-e8f5-73c0-8000-65f3713fe5be', '', '', 1795274631413240, '01a1feb4-e8f5-73c0-8000-1ae7e6197eb8');
INSERT INTO entries VALUES ('buyer', 10, -1299, 999990907, 'sales', '01a1feb4-e8f7-7ee0-8000-754fac9049b6', '', '', 1795274631415952, '01a1feb4-e8f7-7ee0-8000-1eb9bcd5c354');
INSERT INTO entries VALUES ('buyer', 11, -1299, 999989608, 'sales', '01a1feb4-f4b1-7278-8000-7c9842ebb260', '', '', 1795274634417158, '01a1feb4-f4b1-7278-8000-285614c581ea');
INSERT INTO entries VALUES ('suspended', 1, 2500, 2500, 'deposits', '', 'first', '', 1795274628321923, '01a1feb4-dce1-7e6c-8000-2d2284af24db');
INSERT INTO entries VALUES ('suspended', 2, -501, 1999, 'correction', '', 'second', 'a correction, it''s ''quoted''', 1795274628337678, '01a1feb4-dcf1-7a98-8000-2d2e250556a0');
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
) WITHOUT ROWID;
INSERT INTO orders VALUES ('01a1feb4-dd37-7424-8000-53f4385d3f1d', 'CLOUD_20261121152348_YGW5TFRX', 'new_server', 'buyer', 1299, 0, 1000000000, 'EUR', 1, '01a1feb4-dd37-7424-8000-53f4385d3f1d', '5', 13, 0, 'Slovenia', 'kept', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866628407265, 1795274628407265, 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', 'v1:ayCUAXdUlqFZiwrbNvtcWylF8jOg6rNGdV1itFWmAwuVvuIWxCxbRgr4TzKe+XtX', 1795274628412131);
INSERT INTO orders VALUES ('01a1feb4-dd3d-7160-8000-7e8abc3ba512', 'CLOUD_20261121152348_HAY3Q98J', 'new_server', 'buyer', 1299, 0, 999998701, 'EUR', 1, '01a1feb4-dd3d-7160-8000-7e8abc3ba512', '5', 13, 0, 'Slovenia', 'one', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866628413088, 1795274628413088, 'completed', 1, '', 0, 0, 0, '', 'sim-2', 2, '', '10.0.0.2', '', 'v1:Y1e8FXYcAWHjTmDlC5LQvc06zCCQiT10afgfGoyyP7f7OX+P57VQgSsqgEfcCwqG', 1795274628417694);
INSERT INTO orders VALUES ('01a1feb4-dd42-7608-8000-415c52885a17', 'CLOUD_20261121152348_BH98GPGQ', 'new_server', 'buyer', 1299, 0, 999997402, 'EUR', 1, '01a1feb4-dd42-7608-8000-415c52885a17', '5', 13, 0, 'Slovenia', 'two', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866628418386, 1795274628418386, 'completed', 1, '', 0, 0, 0, '', 'sim-3', 3, '', '10.0.0.3', '', 'v1:6bDUAlboytVuzzBKZ11yVLR/9T8Puhz7kIIXdQsYCgQC4X49Ef4FZqp7oG8RXPdr', 1795274628422961);
INSERT INTO orders VALUES ('01a1feb4-dd47-7798-8000-781a513c9f9a', 'CLOUD_20261121152348_398KS7WT', 'new_server', 'buyer', 1299, 0, 999996103, 'EUR', 1, '01a1feb4-dd47-7798-8000-781a513c9f9a', '5', 13, 0, 'Slovenia', 'sim-refuse', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866628423486, 1795274628423486, 'refunded', 1, '', 0, 0, 0, '', '', 0, '', '', '', 'v1:phmhgaj1TH/7/zEqp05WTUz7S/4hGqIlw+NR/TOllXhcUOBarWU5ZjIUYQxQiIzt', 1795274628428185);
INSERT INTO orders VALUES ('01a1feb4-dd4c-7d84-8000-7e62ff054017', 'CLOUD_20261121152348_CBZGAG0Q', 'new_server', 'buyer', 1299, 0, 999996103, 'EUR', 1, '01a1feb4-dd4c-7d84-8000-7e62ff054017', '5', 13, 0, 'Slovenia', 'sim-lost', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866628428865, 1795274628428865, 'completed', 2, '', 0, 0, 0, '', 'sim-5', 5, '', '10.0.0.5', '', 'v1:skbYH3R31A/vLfd+F9fCBfDarNxxU0rwE73DE7J2/QcMu1rO0PwcnvA+atmiN4l/', 1795274629912783);
INSERT INTO orders VALUES ('01a1feb4-e31a-71d4-8000-50df1ab516e7', 'CLOUD_20261121152349_VWDBA5Q7', 'new_server', 'buyer', 1299, 0, 999994804, 'EUR', 1, '01a1feb4-e31a-71d4-8000-50df1ab516e7', '5', 13, 0, 'Slovenia', 'sim-wait', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866629914117, 1795274629914117, 'completed', 2, '', 0, 0, 0, '', 'sim-6', 6, '', '10.0.0.6', '', 'v1:P2cgiDvQ1EpfvqIQ33CZoVSkXkdLUCNlC90ddA1WzRDAbSluuhN1aMJy30/P6CdJ', 1795274631411868);
INSERT INTO orders VALUES ('01a1feb4-e8f5-73c0-8000-65f3713fe5be', 'CLOUD_20261121152351_YDRKZSDY', 'renew_server', 'buyer', 1299, 0, 999993505, 'EUR', 1, '01a1feb4-dd37-7424-8000-53f4385d3f1d', '5', 13, 0, 'Slovenia', 'kept', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '', 1800458628407265, 1795274631413240, 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', '', 1795274631413240);
INSERT INTO orders VALUES ('01a1feb4-e8f7-7ee0-8000-754fac9049b6', 'CLOUD_20261121152351_9YP90JDP', 'new_server', 'buyer', 1299, 0, 999992206, 'EUR', 1, '01a1feb4-e8f7-7ee0-8000-754fac9049b6', '5', 13, 0, 'Slovenia', 'sim-slow', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866631415952, 1795274631415952, 'paid', 1, 'vm/4996/dClHmIWm', 1795274638406846, 1795274634415952, 0, '', '', 0, '', '', '', 'v1:DGLNhGfRcWtmNlIiDa7FrPYYmRuj14Wtx5waLw4p55rPXno62kUoc0O181nuDdb1', 1795274637406846);
INSERT INTO orders VALUES ('01a1feb4-f4b1-7278-8000-7c9842ebb260', 'CLOUD_20261121152354_K11EQCK0', 'new_server', 'buyer', 1299, 0, 999990907, 'EUR', 1, '01a1feb4-f4b1-7278-8000-7c9842ebb260', '5', 13, 0, 'Slovenia', 'sim-slow', '', 720, '', '', 'VPS', 'VPS', 0, 2, 6442450944, 40, 'ssd', 1299, 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1797866634417158, 1795274634417158, 'paid', 1, 'vm/4996/dClHmIWm', 1795274638406846, 1795274637417158, 0, '', '', 0, '', '', '', 'v1:SUvI7GRWt54hYL1xa2fww3FZIsN0GR9NBOW4WNfDlaNkNt4sy89xjaoa5+J/SpMa', 1795274637406846);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_user ON orders (user_id, id);
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
) WITHOUT ROWID;
INSERT INTO services VALUES ('01a1feb4-dd37-7424-8000-53f4385d3f1d', 'server', 'buyer', 1795274628407265, '', 'active', 'kept', '5', 2, 6442450944, 40, 'ssd', 1299, 720, 'Slovenia', 13, 0, '', '', 'VPS', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-1', 1, '', '10.0.0.1', '', 1800458628407265, 1795274631413240);
INSERT INTO services VALUES ('01a1feb4-dd3d-7160-8000-7e8abc3ba512', 'server', 'buyer', 1795274628413088, '', 'active', 'one', '5', 2, 6442450944, 40, 'ssd', 1299, 720, 'Slovenia', 13, 0, '', '', 'VPS', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-2', 2, '', '10.0.0.2', '', 1797866628413088, 1795274628417694);
INSERT INTO services VALUES ('01a1feb4-dd42-7608-8000-415c52885a17', 'server', 'buyer', 1795274628418386, '', 'active', 'two', '5', 2, 6442450944, 40, 'ssd', 1299, 720, 'Slovenia', 13, 0, '', '', 'VPS', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-3', 3, '', '10.0.0.3', '', 1797866628418386, 1795274628422961);
INSERT INTO services VALUES ('01a1feb4-dd4c-7d84-8000-7e62ff054017', 'server', 'buyer', 1795274628428865, '', 'active', 'sim-lost', '5', 2, 6442450944, 40, 'ssd', 1299, 720, 'Slovenia', 13, 0, '', '', 'VPS', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-5', 5, '', '10.0.0.5', '', 1797866628428865, 1795274629912783);
INSERT INTO services VALUES ('01a1feb4-e31a-71d4-8000-50df1ab516e7', 'server', 'buyer', 1795274629914117, '', 'active', 'sim-wait', '5', 2, 6442450944, 40, 'ssd', 1299, 720, 'Slovenia', 13, 0, '', '', 'VPS', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-6', 6, '', '10.0.0.6', '', 1797866629914117, 1795274631411868);
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
) WITHOUT ROWID;
INSERT INTO events VALUES ('01a1feb4-dc8d-738c-8000-1dd343a96d77', 0, 1795274628237227, 'catalogue.applied', '', '', '', '');
INSERT INTO events VALUES ('01a1feb4-dc9e-7bec-8000-1a1a2f125a65', 0, 1795274628254763, 'user.created', 'buyer', '', '', '');
INSERT INTO events VALUES ('01a1feb4-dcb0-7190-8000-3f475e68d006', 0, 1795274628272100, 'wallet.credited', 'buyer', '', '', 'opening');
INSERT INTO events VALUES ('01a1feb4-dcc1-7324-8000-13f8c883bb78', 0, 1795274628289201, 'key.created', 'buyer', '', '', '01a1feb4-dcc1-7324-8000-4051a1103d1f');
INSERT INTO events VALUES ('01a1feb4-dcd1-7b3c-8000-005a32a42ec8', 0, 1795274628305719, 'user.created', 'suspended', '', '', '');
INSERT INTO events VALUES ('01a1feb4-dce1-7e6c-8000-2d2284af24db', 0, 1795274628321923, 'wallet.credited', 'suspended', '', '', 'first');
INSERT INTO events VALUES ('01a1feb4-dcf1-7a98-8000-2d2e250556a0', 0, 1795274628337678, 'wallet.debited', 'suspended', '', '', 'second');
INSERT INTO events VALUES ('01a1feb4-dd01-7924-8000-06cf708ce3aa', 0, 1795274628353585, 'user.suspended', 'suspended', '', '', '');
INSERT INTO events VALUES ('01a1feb4-dd10-7bc4-8000-280f152f2cd0', 0, 1795274628368753, 'key.created', 'suspended', '', '', '01a1feb4-dd10-7bc4-8000-6f3fb3f891ed');
INSERT INTO events VALUES ('01a1feb4-dd22-739c-8000-3fec1900769f', 0, 1795274628386231, 'key.revoked', 'suspended', '', '', '01a1feb4-dd10-7bc4-8000-6f3fb3f891ed');
INSERT INTO events VALUES ('01a1feb4-dd37-7424-8000-1ca122971db7', 0, 1795274628407265, 'order.paid', 'buyer', '01a1feb4-dd37-7424-8000-53f4385d3f1d', '01a1feb4-dd37-7424-8000-53f4385d3f1d', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd3c-720c-8000-0b2f1767da2a', 0, 1795274628412131, 'order.completed', 'buyer', '01a1feb4-dd37-7424-8000-53f4385d3f1d', '01a1feb4-dd37-7424-8000-53f4385d3f1d', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd3d-7160-8000-168dc5ffa95d', 0, 1795274628413088, 'order.paid', 'buyer', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd41-7ad8-8000-332c3d848e37', 0, 1795274628417694, 'order.completed', 'buyer', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd42-7608-8000-19fd598ecb3d', 0, 1795274628418386, 'order.paid', 'buyer', '01a1feb4-dd42-7608-8000-415c52885a17', '01a1feb4-dd42-7608-8000-415c52885a17', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd46-7f04-8000-30e24391db0b', 0, 1795274628422961, 'order.completed', 'buyer', '01a1feb4-dd42-7608-8000-415c52885a17', '01a1feb4-dd42-7608-8000-415c52885a17', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd47-7798-8000-22a932e3f855', 0, 1795274628423486, 'order.paid', 'buyer', '01a1feb4-dd47-7798-8000-781a513c9f9a', '01a1feb4-dd47-7798-8000-781a513c9f9a', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd4c-72e4-8000-1afa042823c2', 0, 1795274628428185, 'order.refunded', 'buyer', '01a1feb4-dd47-7798-8000-781a513c9f9a', '01a1feb4-dd47-7798-8000-781a513c9f9a', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd4c-7d84-8000-35a904e0ec10', 0, 1795274628428865, 'order.paid', 'buyer', '01a1feb4-dd4c-7d84-8000-7e62ff054017', '01a1feb4-dd4c-7d84-8000-7e62ff054017', 'new_server');
INSERT INTO events VALUES ('01a1feb4-dd51-7734-8000-1baa415091aa', 0, 1795274628433461, 'order.waiting', 'buyer', '01a1feb4-dd4c-7d84-8000-7e62ff054017', '01a1feb4-dd4c-7d84-8000-7e62ff054017', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e313-7998-8000-175c3a814fc5', 0, 1795274629907614, 'order.taken', 'buyer', '01a1feb4-dd4c-7d84-8000-7e62ff054017', '01a1feb4-dd4c-7d84-8000-7e62ff054017', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e318-7c3c-8000-1ba5391cd14b', 0, 1795274629912783, 'order.completed', 'buyer', '01a1feb4-dd4c-7d84-8000-7e62ff054017', '01a1feb4-dd4c-7d84-8000-7e62ff054017', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e31a-71d4-8000-05081e4165a2', 0, 1795274629914117, 'order.paid', 'buyer', '01a1feb4-e31a-71d4-8000-50df1ab516e7', '01a1feb4-e31a-71d4-8000-50df1ab516e7', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e31e-7bfc-8000-0f12bef512a9', 0, 1795274629918767, 'order.waiting', 'buyer', '01a1feb4-e31a-71d4-8000-50df1ab516e7', '01a1feb4-e31a-71d4-8000-50df1ab516e7', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e8ee-7a50-8000-2ac6491e89dc', 0, 1795274631406660, 'order.taken', 'buyer', '01a1feb4-e31a-71d4-8000-50df1ab516e7', '01a1feb4-e31a-71d4-8000-50df1ab516e7', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e8f3-7d90-8000-2c30cdb656b7', 0, 1795274631411868, 'order.completed', 'buyer', '01a1feb4-e31a-71d4-8000-50df1ab516e7', '01a1feb4-e31a-71d4-8000-50df1ab516e7', 'new_server');
INSERT INTO events VALUES ('01a1feb4-e8f5-73c0-8000-1ae7e6197eb8', 0, 1795274631413240, 'order.paid', 'buyer', '01a1feb4-e8f5-73c0-8000-65f3713fe5be', '01a1feb4-dd37-7424-8000-53f4385d3f1d', 'renew_server');
INSERT INTO events VALUES ('01a1feb4-e8f5-73c0-8000-1ae7e6197eb8', 1, 1795274631413240, 'order.completed', 'buyer', '01a1feb4-e8f5-73c0-8000-65f3713fe5be', '01a1feb4-dd37-7424-8000-53f4385d3f1d', 'renew_server');
INSERT INTO events VALUES ('01a1feb4-e8f7-7ee0-8000-1eb9bcd5c354', 0, 1795274631415952, 'order.paid', 'buyer', '01a1feb4-e8f7-7ee0-8000-754fac9049b6', '01a1feb4-e8f7-7ee0-8000-754fac9049b6', 'new_server');
INSERT INTO events VALUES ('01a1feb4-f4b1-7278-8000-285614c581ea', 0, 1795274634417158, 'order.paid', 'buyer', '01a1feb4-f4b1-7278-8000-7c9842ebb260', '01a1feb4-f4b1-7278-8000-7c9842ebb260', 'new_server');
CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES ('4dptLKdcMtGET0z32SFVk7mn', '8OU2FtOu0g3i7oubjD89zRceA1K8newlz71lDSBshzM', '01a1feb4-dd37-7424-8000-53f4385d3f1d', 1795447428407265);
INSERT INTO idempotency_keys VALUES ('8QdJC2FgOGpCjGbdHd1l8o6b', 'aZngrLwwyCGbkctjkWNv+e52/lb0WpeXegb14zLmebs', '01a1feb4-dd4c-7d84-8000-7e62ff054017', 1795447428428865);
INSERT INTO idempotency_keys VALUES ('BInmLnfjCzwxYH7oxTNRJJWC', 'fp11DdBnonqUtOYSydZYpxhcYt9T1kr2LvoAFgB7r5U', '01a1feb4-e31a-71d4-8000-50df1ab516e7', 1795447429914117);
INSERT INTO idempotency_keys VALUES ('GPzWfR8P41SxxkYoAztzMjqP', 'FtP5D8ecFb/6pna7ON1sYAEpQmWnLnxs+SBc1STDAJI', '01a1feb4-e8f7-7ee0-8000-754fac9049b6', 1795447431415952);
INSERT INTO idempotency_keys VALUES ('HyJbn1Vi0V0Zjl8FI3Wl8tJK', '-5.01', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('M9THQSJ0JzWGg4-jLouyaIi0', 'zuxNJEjOGHSjFIRJpaQeCryeQX2aPVS2QGwHTMbiAoU', '01a1feb4-dd3d-7160-8000-7e8abc3ba512', 1795447428413088);
INSERT INTO idempotency_keys VALUES ('WEnMcANub9M2XxTP9_SEcnn8', '25.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('gR5BOEu25DHKLm0NYGUl4xfF', 'FtP5D8ecFb/6pna7ON1sYAEpQmWnLnxs+SBc1STDAJI', '01a1feb4-f4b1-7278-8000-7c9842ebb260', 1795447434417158);
INSERT INTO idempotency_keys VALUES ('mitt52if4pqejC1CaDVijuWE', '10000000.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('rgUrJdiiQQORDYPVjJqGozGF', 'IwAExd5S2Hog1ni5bwwz2Q45AXWkcRV0eEKTM4w+UTU', '01a1feb4-e8f5-73c0-8000-65f3713fe5be', 1795447431413240);
INSERT INTO idempotency_keys VALUES ('tS3dNHrZn_l5HMrse0XLgY4T', 'DarFcFstSUvZdb3Twr08a8ObAM/fP6aa+fAl20sHfI0', '01a1feb4-dd42-7608-8000-415c52885a17', 1795447428418386);
INSERT INTO idempotency_keys VALUES ('xGNQD_AZ2RiI2kMMASJt9Z8d', 'wppkzwY7LTbK/RRCPLwSdMzIrW2Rv24G4BaQz2WKp6Q', '01a1feb4-dd47-7798-8000-781a513c9f9a', 1795447428423486);
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
INSERT INTO meta VALUES ('installation', '01a1feb4-dd32-7e2c-8000-7ed40c57ce77');
INSERT INTO meta VALUES ('secret_check', 'v1:lZPn5IOPab7nO1AhIpRan9bF+xlMwN1SOx64mQnsChssR4vkfhIQnMARwVDoi7VNQtW5mS4QmFx0Z+Ap');
CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO catalogues VALUES (1, '{"Version":1,"AppliedAt":1795274628237227,"Currency":"EUR","DefaultLocation":"","Plans":[{"ID":"56803492-50f6-8087-9717-9e11f22afdde","ExternalID":5,"Type":"vps","Name":"VPS","Cores":2,"RAM":6442450944,"Disk":40,"DiskType":"ssd","Price":1299,"Images":[13],"Applications":null,"Offers":[{"Location":"Slovenia","Provider":"sim","Capacity":-1}],"CreatedAt":1795274628237227,"UpdatedAt":1795274628237227}],"Images":[{"ID":13,"Name":"Debian 12"}],"Applications":null,"Locations":[{"Name":"Slovenia"}],"Networks":null}', 1795274628237227);
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO batches VALUES ('01a1feb4-dc8d-738c-8000-1dd343a96d77', 1795274628237227, 0);
INSERT INTO batches VALUES ('01a1feb4-dc9e-7bec-8000-1a1a2f125a65', 1795274628254763, 0);
INSERT INTO batches VALUES ('01a1feb4-dcb0-7190-8000-3f475e68d006', 1795274628272100, 0);
INSERT INTO batches VALUES ('01a1feb4-dcc1-7324-8000-13f8c883bb78', 1795274628289201, 0);
INSERT INTO batches VALUES ('01a1feb4-dcd1-7b3c-8000-005a32a42ec8', 1795274628305719, 0);
INSERT INTO batches VALUES ('01a1feb4-dce1-7e6c-8000-2d2284af24db', 1795274628321923, 0);
INSERT INTO batches VALUES ('01a1feb4-dcf1-7a98-8000-2d2e250556a0', 1795274628337678, 0);
INSERT INTO batches VALUES ('01a1feb4-dd01-7924-8000-06cf708ce3aa', 1795274628353585, 0);
INSERT INTO batches VALUES ('01a1feb4-dd10-7bc4-8000-280f152f2cd0', 1795274628368753, 0);
INSERT INTO batches VALUES ('01a1feb4-dd22-739c-8000-3fec1900769f', 1795274628386231, 0);
INSERT INTO batches VALUES ('01a1feb4-dd32-7e2c-8000-12232b6a15e6', 1795274628402907, 0);
INSERT INTO batches VALUES ('01a1feb4-dd33-7cfc-8000-133b3c4f26cb', 1795274628403831, 0);
INSERT INTO batches VALUES ('01a1feb4-dd37-7424-8000-1ca122971db7', 1795274628407265, 0);
INSERT INTO batches VALUES ('01a1feb4-dd3c-720c-8000-0b2f1767da2a', 1795274628412131, 0);
INSERT INTO batches VALUES ('01a1feb4-dd3d-7160-8000-168dc5ffa95d', 1795274628413088, 0);
INSERT INTO batches VALUES ('01a1feb4-dd41-7ad8-8000-332c3d848e37', 1795274628417694, 0);
INSERT INTO batches VALUES ('01a1feb4-dd42-7608-8000-19fd598ecb3d', 1795274628418386, 0);
INSERT INTO batches VALUES ('01a1feb4-dd46-7f04-8000-30e24391db0b', 1795274628422961, 0);
INSERT INTO batches VALUES ('01a1feb4-dd47-7798-8000-22a932e3f855', 1795274628423486, 0);
INSERT INTO batches VALUES ('01a1feb4-dd4c-72e4-8000-1afa042823c2', 1795274628428185, 0);
INSERT INTO batches VALUES ('01a1feb4-dd4c-7d84-8000-35a904e0ec10', 1795274628428865, 0);
INSERT INTO batches VALUES ('01a1feb4-dd51-7734-8000-1baa415091aa', 1795274628433461, 0);
INSERT INTO batches VALUES ('01a1feb4-e313-7998-8000-175c3a814fc5', 1795274629907614, 0);
INSERT INTO batches VALUES ('01a1feb4-e318-7c3c-8000-1ba5391cd14b', 1795274629912783, 0);
INSERT INTO batches VALUES ('01a1feb4-e31a-71d4-8000-05081e4165a2', 1795274629914117, 0);
INSERT INTO batches VALUES ('01a1feb4-e31e-7bfc-8000-0f12bef512a9', 1795274629918767, 0);
INSERT INTO batches VALUES ('01a1feb4-e8ee-7a50-8000-2ac6491e89dc', 1795274631406660, 0);
INSERT INTO batches VALUES ('01a1feb4-e8f3-7d90-8000-2c30cdb656b7', 1795274631411868, 0);
INSERT INTO batches VALUES ('01a1feb4-e8f5-73c0-8000-1ae7e6197eb8', 1795274631413240, 0);
INSERT INTO batches VALUES ('01a1feb4-e8f7-7ee0-8000-1eb9bcd5c354', 1795274631415952, 0);
INSERT INTO batches VALUES ('01a1feb4-ea3c-727c-8000-13bb89427e1b', 1795274631740159, 0);
INSERT INTO batches VALUES ('01a1feb4-eb8a-71e4-8000-21e78f674cf4', 1795274632074121, 0);
INSERT INTO batches VALUES ('01a1feb4-ecd7-7018-8000-320365716966', 1795274632407006, 0);
INSERT INTO batches VALUES ('01a1feb4-ee24-7c9c-8000-08938478bf07', 1795274632740807, 0);
INSERT INTO batches VALUES ('01a1feb4-ef71-7488-8000-2d79d96835a8', 1795274633073290, 0);
INSERT INTO batches VALUES ('01a1feb4-f0bf-749c-8000-14aa4d2bcbdf', 1795274633407295, 0);
INSERT INTO batches VALUES ('01a1feb4-f20c-71d0-8000-160f6e01131a', 1795274633740116, 0);
INSERT INTO batches VALUES ('01a1feb4-f359-7bf0-8000-1e6e4968c697', 1795274634073764, 0);
INSERT INTO batches VALUES ('01a1feb4-f4a6-7be0-8000-1e6246500851', 1795274634406760, 0);
INSERT INTO batches VALUES ('01a1feb4-f4b1-7278-8000-285614c581ea', 1795274634417158, 0);
INSERT INTO batches VALUES ('01a1feb4-f5f4-7894-8000-39d9735cf4b5', 1795274634740549, 0);
INSERT INTO batches VALUES ('01a1feb4-f741-7648-8000-1c0304865668', 1795274635073402, 0);
INSERT INTO batches VALUES ('01a1feb4-f88e-7bfc-8000-1aea93f52cba', 1795274635406767, 0);
INSERT INTO batches VALUES ('01a1feb4-f9dc-7b10-8000-1a62b0589f5f', 1795274635740708, 0);
INSERT INTO batches VALUES ('01a1feb4-fb2a-70a8-8000-03d94f92e7d2', 1795274636074042, 0);
INSERT INTO batches VALUES ('01a1feb4-fc76-7e9c-8000-33060d44e26f', 1795274636406935, 0);
INSERT INTO batches VALUES ('01a1feb4-fdc4-7c04-8000-23c39ec9143a', 1795274636740769, 0);
INSERT INTO batches VALUES ('01a1feb4-ff11-7e88-8000-1bf9fb227c7b', 1795274637073930, 0);
INSERT INTO batches VALUES ('01a1feb5-005e-7d38-8000-213948f71065', 1795274637406846, 0);
