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
INSERT INTO users VALUES ('buyer', '', 'Buyer', '', 1, 0, 0, 'email', 0, 1795966104311186, 1795966104311186);
INSERT INTO users VALUES ('suspended', '', 'Suspended', '', 0, 0, 0, 'email', 0, 1795966104546220, 1795966104790022);
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
INSERT INTO api_keys VALUES ('01a227eb-f397-7dc4-8000-7e63905ba531', 'buyer', '', '8031950fa02f1d483a5771e5ccd4f0bada8839351875d0762fa54f12b1a32fab', 'order,read', '', 0, 0, 1795966104471881, 1795966104471881);
INSERT INTO api_keys VALUES ('01a227eb-f522-7bf8-8000-621302b293f2', 'suspended', '', '79982e1b58f6ffbcfc77747f88a97d0f5af1458aa142b9e79d571bb8d9c13aa8', 'order,read', '', 0, 1795966104940488, 1795966104866766, 1795966104940488);
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO wallets VALUES ('buyer', 'EUR', 999989608, 11, 1795966111050016);
INSERT INTO wallets VALUES ('suspended', 'EUR', 1999, 2, 1795966104710576);
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
INSERT INTO entries VALUES ('buyer', 1, 1000000000, 1000000000, 'deposits', '', 'opening', '', 1795966104389591, '01a227eb-f345-793c-8000-2874c1cf4d47');
INSERT INTO entries VALUES ('buyer', 2, -1299, 999998701, 'sales', '01a227eb-f5c7-7de8-8000-71809be35f8e', '', '', 1795966105031890, '01a227eb-f5c7-7de8-8000-2f87015f2735');
INSERT INTO entries VALUES ('buyer', 3, -1299, 999997402, 'sales', '01a227eb-f5d2-7540-8000-58031bee4475', '', '', 1795966105042336, '01a227eb-f5d2-7540-8000-26a59d2f757b');
INSERT INTO entries VALUES ('buyer', 4, -1299, 999996103, 'sales', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', '', '', 1795966105049932, '01a227eb-f5d9-7e90-8000-2f557cdb1910');
INSERT INTO entries VALUES ('buyer', 5, -1299, 999994804, 'sales', '01a227eb-f5e2-70dc-8000-7aa98173a08b', '', '', 1795966105058055, '01a227eb-f5e2-70dc-8000-1555059727dc');
INSERT INTO entries VALUES ('buyer', 6, 1299, 999996103, 'sales', '01a227eb-f5e2-70dc-8000-7aa98173a08b', '', '', 1795966105064200, '01a227eb-f5e8-7320-8000-0c36099391ec');
INSERT INTO entries VALUES ('buyer', 7, -1299, 999994804, 'sales', '01a227eb-f5ea-744c-8000-5d74ad7d9955', '', '', 1795966105066275, '01a227eb-f5ea-744c-8000-003c86b3d446');
INSERT INTO entries VALUES ('buyer', 8, -1299, 999993505, 'sales', '01a227eb-fba8-7ab0-8000-781771ab48a4', '', '', 1795966106536684, '01a227eb-fba8-7ab0-8000-1dbe3659751e');
INSERT INTO entries VALUES ('buyer', 9, -1299, 999992206, 'sales', '01a227ec-0184-7704-8000-543257895ad0', '', '', 1795966108036449, '01a227ec-0184-7704-8000-2a6f814264df');
INSERT INTO entries VALUES ('buyer', 10, -1299, 999990907, 'sales', '01a227ec-018f-7814-8000-5d7345ed09d1', '', '', 1795966108047517, '01a227ec-018f-7814-8000-25cb3e249a10');
INSERT INTO entries VALUES ('buyer', 11, -1299, 999989608, 'sales', '01a227ec-0d4a-7040-8000-5d25835e0ac0', '', '', 1795966111050016, '01a227ec-0d4a-7040-8000-0bbbfb6f0afd');
INSERT INTO entries VALUES ('suspended', 1, 2500, 2500, 'deposits', '', 'first', '', 1795966104630751, '01a227eb-f436-7bbc-8000-26a7791f48fb');
INSERT INTO entries VALUES ('suspended', 2, -501, 1999, 'correction', '', 'second', 'a correction, it''s ''quoted''', 1795966104710576, '01a227eb-f486-7900-8000-170560bcbc1b');
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
INSERT INTO events VALUES ('01a227eb-f2a7-7720-8000-056b687bc413', 0, 1795966104231456, 'catalogue.applied', '', '', '', '', 0);
INSERT INTO events VALUES ('01a227eb-f2f7-72e8-8000-193334875470', 0, 1795966104311186, 'user.created', 'buyer', '', '', '', 0);
INSERT INTO events VALUES ('01a227eb-f345-793c-8000-2874c1cf4d47', 0, 1795966104389591, 'wallet.credited', 'buyer', '', '', 'opening', 1000000000);
INSERT INTO events VALUES ('01a227eb-f397-7dc4-8000-35fdf0353f39', 0, 1795966104471881, 'key.created', 'buyer', '', '', '01a227eb-f397-7dc4-8000-7e63905ba531', 0);
INSERT INTO events VALUES ('01a227eb-f3e2-7370-8000-0d5aeb0a514e', 0, 1795966104546220, 'user.created', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a227eb-f436-7bbc-8000-26a7791f48fb', 0, 1795966104630751, 'wallet.credited', 'suspended', '', '', 'first', 2500);
INSERT INTO events VALUES ('01a227eb-f486-7900-8000-170560bcbc1b', 0, 1795966104710576, 'wallet.debited', 'suspended', '', '', 'second', -501);
INSERT INTO events VALUES ('01a227eb-f4d6-7058-8000-3ebec41dfef5', 0, 1795966104790022, 'user.suspended', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a227eb-f522-7bf8-8000-3ef7dd203c14', 0, 1795966104866766, 'key.created', 'suspended', '', '', '01a227eb-f522-7bf8-8000-621302b293f2', 0);
INSERT INTO events VALUES ('01a227eb-f56c-77a0-8000-11f6f8a334b2', 0, 1795966104940488, 'key.revoked', 'suspended', '', '', '01a227eb-f522-7bf8-8000-621302b293f2', 0);
INSERT INTO events VALUES ('01a227eb-f5c7-7de8-8000-2f87015f2735', 0, 1795966105031890, 'order.paid', 'buyer', '01a227eb-f5c7-7de8-8000-71809be35f8e', '01a227eb-f5c7-7de8-8000-71809be35f8e', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5cf-7520-8000-2e96c169d628', 0, 1795966105039328, 'order.completed', 'buyer', '01a227eb-f5c7-7de8-8000-71809be35f8e', '01a227eb-f5c7-7de8-8000-71809be35f8e', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5d2-7540-8000-26a59d2f757b', 0, 1795966105042336, 'order.paid', 'buyer', '01a227eb-f5d2-7540-8000-58031bee4475', '01a227eb-f5d2-7540-8000-58031bee4475', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5d7-7a4c-8000-105772a1a014', 0, 1795966105047659, 'order.completed', 'buyer', '01a227eb-f5d2-7540-8000-58031bee4475', '01a227eb-f5d2-7540-8000-58031bee4475', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5d9-7e90-8000-2f557cdb1910', 0, 1795966105049932, 'order.paid', 'buyer', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5df-780c-8000-22965e9a314e', 0, 1795966105055515, 'order.completed', 'buyer', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5e2-70dc-8000-1555059727dc', 0, 1795966105058055, 'order.paid', 'buyer', '01a227eb-f5e2-70dc-8000-7aa98173a08b', '01a227eb-f5e2-70dc-8000-7aa98173a08b', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5e8-7320-8000-0c36099391ec', 0, 1795966105064200, 'order.refunded', 'buyer', '01a227eb-f5e2-70dc-8000-7aa98173a08b', '01a227eb-f5e2-70dc-8000-7aa98173a08b', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5ea-744c-8000-003c86b3d446', 0, 1795966105066275, 'order.paid', 'buyer', '01a227eb-f5ea-744c-8000-5d74ad7d9955', '01a227eb-f5ea-744c-8000-5d74ad7d9955', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-f5ef-7c4c-8000-2f6a5a99d71a', 0, 1795966105071787, 'order.waiting', 'buyer', '01a227eb-f5ea-744c-8000-5d74ad7d9955', '01a227eb-f5ea-744c-8000-5d74ad7d9955', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-fba0-7188-8000-09940fa94d3a', 0, 1795966106528098, 'order.taken', 'buyer', '01a227eb-f5ea-744c-8000-5d74ad7d9955', '01a227eb-f5ea-744c-8000-5d74ad7d9955', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-fba6-7284-8000-0a3337d4cd86', 0, 1795966106534161, 'order.completed', 'buyer', '01a227eb-f5ea-744c-8000-5d74ad7d9955', '01a227eb-f5ea-744c-8000-5d74ad7d9955', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-fba8-7ab0-8000-1dbe3659751e', 0, 1795966106536684, 'order.paid', 'buyer', '01a227eb-fba8-7ab0-8000-781771ab48a4', '01a227eb-fba8-7ab0-8000-781771ab48a4', 'new_server', 1299);
INSERT INTO events VALUES ('01a227eb-fbae-7150-8000-24bf86f7d6ca', 0, 1795966106542084, 'order.waiting', 'buyer', '01a227eb-fba8-7ab0-8000-781771ab48a4', '01a227eb-fba8-7ab0-8000-781771ab48a4', 'new_server', 1299);
INSERT INTO events VALUES ('01a227ec-017b-7a50-8000-3526988ee7f5', 0, 1795966108027660, 'order.taken', 'buyer', '01a227eb-fba8-7ab0-8000-781771ab48a4', '01a227eb-fba8-7ab0-8000-781771ab48a4', 'new_server', 1299);
INSERT INTO events VALUES ('01a227ec-0181-7b34-8000-05df3133875b', 0, 1795966108033717, 'order.completed', 'buyer', '01a227eb-fba8-7ab0-8000-781771ab48a4', '01a227eb-fba8-7ab0-8000-781771ab48a4', 'new_server', 1299);
INSERT INTO events VALUES ('01a227ec-0184-7704-8000-2a6f814264df', 0, 1795966108036449, 'order.paid', 'buyer', '01a227ec-0184-7704-8000-543257895ad0', '01a227eb-f5c7-7de8-8000-71809be35f8e', 'renew_server', 1299);
INSERT INTO events VALUES ('01a227ec-0184-7704-8000-2a6f814264df', 1, 1795966108036449, 'order.completed', 'buyer', '01a227ec-0184-7704-8000-543257895ad0', '01a227eb-f5c7-7de8-8000-71809be35f8e', 'renew_server', 1299);
INSERT INTO events VALUES ('01a227ec-018f-7814-8000-25cb3e249a10', 0, 1795966108047517, 'order.paid', 'buyer', '01a227ec-018f-7814-8000-5d7345ed09d1', '01a227ec-018f-7814-8000-5d7345ed09d1', 'new_server', 1299);
INSERT INTO events VALUES ('01a227ec-0d4a-7040-8000-0bbbfb6f0afd', 0, 1795966111050016, 'order.paid', 'buyer', '01a227ec-0d4a-7040-8000-5d25835e0ac0', '01a227ec-0d4a-7040-8000-5d25835e0ac0', 'new_server', 1299);
CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES ('4dptLKdcMtGET0z32SFVk7mn', 'CkG1sw2QpfTHfMhdRGZ6Ndg00T+1UB1BZBOMdwq6kOA', '01a227eb-f5c7-7de8-8000-71809be35f8e', 1796138905031890);
INSERT INTO idempotency_keys VALUES ('8QdJC2FgOGpCjGbdHd1l8o6b', 'ydQ4TbynRKrIuwC+Od3/FGaGXRPbbzrq1qjWNSl0RCE', '01a227eb-f5ea-744c-8000-5d74ad7d9955', 1796138905066275);
INSERT INTO idempotency_keys VALUES ('BInmLnfjCzwxYH7oxTNRJJWC', 'GUivzg3LuzgENqbtgPtk5KPmh3AgNyiN43rYM5A26c4', '01a227eb-fba8-7ab0-8000-781771ab48a4', 1796138906536684);
INSERT INTO idempotency_keys VALUES ('GPzWfR8P41SxxkYoAztzMjqP', 'ZQdPXz1lbu5PZa7r/C/deihA1PUwn9Xo/AuvQ8RLQY0', '01a227ec-018f-7814-8000-5d7345ed09d1', 1796138908047517);
INSERT INTO idempotency_keys VALUES ('HyJbn1Vi0V0Zjl8FI3Wl8tJK', '-5.01', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('M9THQSJ0JzWGg4-jLouyaIi0', 'YCRMX7f3NRWXprZXObgKc1QuN0R92jXZYbGxFVh3PkA', '01a227eb-f5d2-7540-8000-58031bee4475', 1796138905042336);
INSERT INTO idempotency_keys VALUES ('WEnMcANub9M2XxTP9_SEcnn8', '25.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('gR5BOEu25DHKLm0NYGUl4xfF', 'ZQdPXz1lbu5PZa7r/C/deihA1PUwn9Xo/AuvQ8RLQY0', '01a227ec-0d4a-7040-8000-5d25835e0ac0', 1796138911050016);
INSERT INTO idempotency_keys VALUES ('mitt52if4pqejC1CaDVijuWE', '10000000.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('rgUrJdiiQQORDYPVjJqGozGF', 'gvi1cfrLFJ29YFE8o2W3E5f4iUBVZ2zRN89EFBV2Dxo', '01a227ec-0184-7704-8000-543257895ad0', 1796138908036449);
INSERT INTO idempotency_keys VALUES ('tS3dNHrZn_l5HMrse0XLgY4T', 'mJMGw5FI8LPHRdHQVhxeF3eEANa3dxvTC7Be/DCErSQ', '01a227eb-f5d9-7e90-8000-7cdc8990fffa', 1796138905049932);
INSERT INTO idempotency_keys VALUES ('xGNQD_AZ2RiI2kMMASJt9Z8d', 'hZCDISQkfSHvWnOV74GyQOOfhvIMQ8eGm9B1gGpZU90', '01a227eb-f5e2-70dc-8000-7aa98173a08b', 1796138905058055);
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
INSERT INTO meta VALUES ('chain', '49:66ce4c00f0b45d9f73952f3b16b2674bf7e3e39601bff19f185df6b26bc5e2d1');
INSERT INTO meta VALUES ('installation', '01a227eb-f5b7-733c-8000-481bc25b409d');
INSERT INTO meta VALUES ('reconciled', '1795966105030309');
INSERT INTO meta VALUES ('rights', '01a227eb-f56c-77a0-8000-5fba40ff0463');
INSERT INTO meta VALUES ('secret_check', 'v1:fImyuwmAU5LPNJEUdnfbQ7dcesRUpJXncWMDI3kad0nMZ+2Tb05RJ9TbK2ljrkmXyhDZJkOsDOoXwmLq');
CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO catalogues VALUES (1, '{"Version":1,"AppliedAt":1795966104231456,"Currency":"EUR","DefaultLocation":"","Plans":[{"ID":"56803492-50f6-8087-9717-9e11f22afdde","ExternalID":5,"Type":"vps","Name":"VPS","Cores":2,"RAM":6442450944,"Disk":40,"DiskType":"ssd","Price":1299,"Images":[13],"Applications":null,"Offers":[{"Location":"Slovenia","Providers":["sim"],"Capacity":-1}],"Life":null,"CreatedAt":1795966104231456,"UpdatedAt":1795966104231456}],"Images":[{"ID":13,"Name":"Debian 12"}],"Applications":null,"Locations":[{"Name":"Slovenia"}],"Networks":null,"Life":{"NoticeDays":3,"RenewHours":24,"GraceHours":0,"DeleteDays":14,"RetryHours":6}}', 1795966104231456);
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
, digest TEXT NOT NULL DEFAULT '', seq BIGINT NOT NULL DEFAULT -1, hash TEXT NOT NULL DEFAULT '', look_at BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO batches VALUES ('01a227eb-f2a7-7720-8000-056b687bc413', 1795966104231456, 0, '5203986d2a25e5a11ff860edcae45d11268288f504c4099a5586b46d8eaec5b5', 1, '484a5fa430063110be26b2672fd046513233b4dbaba439cdce74fd1101155aae', 0);
INSERT INTO batches VALUES ('01a227eb-f2f7-72e8-8000-193334875470', 1795966104311186, 0, '4dae60fd6957d7f7fcaf66ae17839bcd24f95c867011c6ad00a0c9ce7b087730', 2, '3cff0812aae440ec2e6a88c294756af03c820bbc38876f5ad7550f5372a9efd0', 0);
INSERT INTO batches VALUES ('01a227eb-f345-793c-8000-2874c1cf4d47', 1795966104389591, 0, '7e7f285933976122cf741dc35eb83f2db66a1267a743f73dd9da4c456d870dbe', 3, '3fd890b65cb910949cd13e61c437e60579a18543b3b006135c2c75c118105dcc', 0);
INSERT INTO batches VALUES ('01a227eb-f397-7dc4-8000-35fdf0353f39', 1795966104471881, 0, '32c1240e9b30d21e7969b6f592666426289c4327fe8899edc8f91dab628aa8fc', 4, '88bae33af208d8464037fe5742cc3fa4eab25c25fe1b7c205230dd910865be80', 0);
INSERT INTO batches VALUES ('01a227eb-f3e2-7370-8000-0d5aeb0a514e', 1795966104546220, 0, 'c6070665497689e141d09a2934b74827ebd547e7ec1ea096fed0b3c4c368f53e', 5, '206f490956b8ba91a68ef00c4e63b5a315730b3ec22412550fbca902418983a1', 0);
INSERT INTO batches VALUES ('01a227eb-f436-7bbc-8000-26a7791f48fb', 1795966104630751, 0, 'ccf58237512cac1af834617e4e092e54db53683608f989aa26e305ef3776a20c', 6, '289553d576f5bf2b532be1c33f7fb7de8c1cb06086cf75562bee20685addadff', 0);
INSERT INTO batches VALUES ('01a227eb-f486-7900-8000-170560bcbc1b', 1795966104710576, 0, 'cf1a3044dd1df26fc6509ef11f75a7db1094d3c7ebf845419ff4b0d5fe6c174f', 7, 'c9f28fe01d705c0fa0bf6e00298e8a0695c185c3d9732a6266fb9a220a7cac21', 0);
INSERT INTO batches VALUES ('01a227eb-f4d6-7058-8000-3ebec41dfef5', 1795966104790022, 0, '9b727285e9fc4e273124e8b33486e71a728504c688a88db05ab614f7f2f8a5e9', 8, '72ef3eb952e865373376aec28d99c7813fa02dc71f7ab296dfcfd2c1bb01e8a4', 0);
INSERT INTO batches VALUES ('01a227eb-f522-7bf8-8000-3ef7dd203c14', 1795966104866766, 0, 'e99bbc26a982e183d0cdb4c54dc15d547feb40266a128533516023e1b3ee8cd7', 9, '56722095ddcff3a17016600bf78b260c246f8c5ce4c21c9d80b0ecb021131adc', 0);
INSERT INTO batches VALUES ('01a227eb-f56c-77a0-8000-11f6f8a334b2', 1795966104940488, 0, 'df8809c9ce61d5d4b50b240e9feca28bf2e884331cfd237bc37a0034e1a0542c', 10, '5b514d983b9cb29fdec62dcd756911b7bf7af594341a0a0ca534449f496a6fe8', 0);
INSERT INTO batches VALUES ('01a227eb-f5b7-733c-8000-1ea0f13059f6', 1795966105015207, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 11, 'cd32d39f377af2440baf6584860afbd112e35d844f7bf502bf5b571a54449877', 0);
INSERT INTO batches VALUES ('01a227eb-f5b9-7b9c-8000-0bb07ef6b610', 1795966105017743, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 12, '85d25238ac7df3b321a368b257cd46694640c2c1b4c04a7125656f563961763b', 0);
INSERT INTO batches VALUES ('01a227eb-f5c6-74d4-8000-1d31498654dc', 1795966105030309, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 13, 'b560a812ec6fd555f69018f930e05c324a93e3205843a5be35967cee62aa441c', 0);
INSERT INTO batches VALUES ('01a227eb-f5c7-7de8-8000-2f87015f2735', 1795966105031890, 0, 'e9c1037a24d6956fb68833fec718a236ba21d1b9615cf9c6576846eca8a13547', 14, 'be10de73a920265c9141cfb00a4678e0146900f368881cf9297a7a6c76cf6b9f', 0);
INSERT INTO batches VALUES ('01a227eb-f5cf-7520-8000-2e96c169d628', 1795966105039328, 0, '82508b67972ae08c362f1a0b4981f2c99a6622877f8f2124ed8b81bca7c6e9c2', 15, '15da57f9fa51b1cf0234bef0d55dffd8a395c74f8e66f32b0d2bd32f951ca702', 0);
INSERT INTO batches VALUES ('01a227eb-f5d2-7540-8000-26a59d2f757b', 1795966105042336, 0, 'b2c12656fc0f8de8dcc0ae40b684df73e60c38600dc2a497be2d36bd79b9c922', 16, '6288d5bf515414fab50b3391faa224176174e3187bb8616c931a0d8d20b1445c', 0);
INSERT INTO batches VALUES ('01a227eb-f5d7-7a4c-8000-105772a1a014', 1795966105047659, 0, '60a25506dc60d67c1ff7b354683e14a1de0e834c750ec56373f553905f8e632a', 17, '21cae3733d7a909e5a61c66907cb25dbbd33d43ef3bbdff1227e6b0ffc8891a1', 0);
INSERT INTO batches VALUES ('01a227eb-f5d9-7e90-8000-2f557cdb1910', 1795966105049932, 0, '569398f6af0ba0db01de88eff83e89984c0e4bbc6fc1c509b91b55b4d3f4ae41', 18, '6ceb2b1f2a900ba7139ae83da5dd2efbb8151c2a11f9bb3fbba2aebda03f7c0f', 0);
INSERT INTO batches VALUES ('01a227eb-f5df-780c-8000-22965e9a314e', 1795966105055515, 0, '1a1cadf6c57e53b4a4b25eca27dd2d0556ce6f23992d8488e29c6111217c1675', 19, '49d0157e65685dad32d87dc6b5129797048cbce20e3fcc80be0db071255e6ce1', 0);
INSERT INTO batches VALUES ('01a227eb-f5e2-70dc-8000-1555059727dc', 1795966105058055, 0, 'ed43b3ed29196dbd7c152e7d4386e56da694666131d2c0a07ef704c3d9a0ed4f', 20, '4994cfbc9ae3eb9a0dcfe1cf64e7b31a9fe7b28d199dfb6c873863cd1c1f5646', 0);
INSERT INTO batches VALUES ('01a227eb-f5e8-7320-8000-0c36099391ec', 1795966105064200, 0, 'd54148487e8269cbfe94fce1554f34cf1201e47373d072821441feff9112c856', 21, '10983b382eb2170c91bfe0a30d00413dfbcfbc9d35e11348c6d83c820bedbb40', 0);
INSERT INTO batches VALUES ('01a227eb-f5ea-744c-8000-003c86b3d446', 1795966105066275, 0, '84827db9262d9a09802854695093d84d6914f31b1ac719dcd6771353163c0c61', 22, '9140d9f020898f4e0194cf703f7820abe34f0b987a2cac5b166695ea06e55f1f', 0);
INSERT INTO batches VALUES ('01a227eb-f5ef-7c4c-8000-2f6a5a99d71a', 1795966105071787, 0, 'e5dd599eee0d9e96d12934bbb9b525418f68badebd858b1d9cecae848f4610ff', 23, 'e1bd6137f22098e1fb5732f441966c86a0d16c91f4a54524bc407764c074b65e', 0);
INSERT INTO batches VALUES ('01a227eb-fba0-7188-8000-09940fa94d3a', 1795966106528098, 0, 'f2dc78a7b398dcc1616dd569df78e509cf58343bdc8110b29b95e1ec9359a75e', 24, '943d57e0aeaa253c8340b8ac7a5a5dc93bd831c37ca96fa73ec1b19eaf037e77', 0);
INSERT INTO batches VALUES ('01a227eb-fba6-7284-8000-0a3337d4cd86', 1795966106534161, 0, 'b7d559bd9aadffdce7d13ac29b59020a9948fe21872707f442335ab04ccdd1fa', 25, '4d7a3320c973fa4b78a4eeaabbc8d62d853db1f4136669a404059290fb5d0fc2', 0);
INSERT INTO batches VALUES ('01a227eb-fba8-7ab0-8000-1dbe3659751e', 1795966106536684, 0, '762e14ca8b6d6a6c7336a5ccdf3cf65ab230d70c53c8c03f49f12426f73fd813', 26, '706076ca07055848d3fdd4d35a60561a6af965c280f4fb8c209ae8d890199aee', 0);
INSERT INTO batches VALUES ('01a227eb-fbae-7150-8000-24bf86f7d6ca', 1795966106542084, 0, 'cc779cae9061d93ddd047e6eba7627cfa966f6514591f9989c8733cbc2a4db1f', 27, '03b632510cfbf94764a7284b902ec2a67e5b14e1c3df54c003f10aab904c0324', 0);
INSERT INTO batches VALUES ('01a227ec-017b-7a50-8000-3526988ee7f5', 1795966108027660, 0, '75bbc569628a814c7126a0b87e6785567d207fbdd590f9994fc589d8d21b2bfd', 28, 'bb784705bbe925971e568daf2d220d82e900a99172d2edef01a9d5eb957c11a7', 0);
INSERT INTO batches VALUES ('01a227ec-0181-7b34-8000-05df3133875b', 1795966108033717, 0, '872bc83eb82bd4cb35008e94539be1fa2075f790238da40b7fc640934ac0f343', 29, '011fdd010a63e324a535231358264c731711140286bae60bd06064a88dc6528a', 0);
INSERT INTO batches VALUES ('01a227ec-0184-7704-8000-2a6f814264df', 1795966108036449, 0, '19a02d9ac29ae7f59dd6ecd0262a135a731a2e263692eb2bb54e96850b6c9c66', 30, '0e7952b91f40d201827b9c1de78198f743aadb8bf446def7e33775fb4083c58c', 0);
INSERT INTO batches VALUES ('01a227ec-018f-7814-8000-25cb3e249a10', 1795966108047517, 0, 'bcedbbbebd4828a471e6c043b434efe09f421e875ade65ea509bc9f6759b9740', 31, '9a3de2e95615314063ef1b28b3b52dcaedee39132ca84f0864f5a5b8ffe00fb5', 0);
INSERT INTO batches VALUES ('01a227ec-02c7-7f34-8000-31fa3392908d', 1795966108359973, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32, '1dcf1391bba98e4ff2fb1b9cd10efe3f821470c42bbf4e14938343baa79a3018', 0);
INSERT INTO batches VALUES ('01a227ec-0415-7744-8000-01e2e418b149', 1795966108693465, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 33, '2114bf7e0bda2d21c2d98a670cbb221a935b3da13120aff1160e23d75351852f', 0);
INSERT INTO batches VALUES ('01a227ec-0561-7cb8-8000-037155f7441c', 1795966109025814, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 34, 'ffb7b98b2882b064d869c41fa2e810e3f1312dbcfe54466e7b383874b34a5f3d', 0);
INSERT INTO batches VALUES ('01a227ec-06af-7e24-8000-36412a757d9d', 1795966109359905, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 35, '072e44279c6927a8fbfb198215fbcff4d8d7e16c20706c8975e6809e565663b6', 0);
INSERT INTO batches VALUES ('01a227ec-07fc-7d44-8000-1367db40400a', 1795966109692849, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 36, '18d0d2fcfe151491c0adfb46ff19f4819d5258394e2d28548d2ddccb4ba9d1c5', 0);
INSERT INTO batches VALUES ('01a227ec-0949-7e18-8000-22e8d8993c08', 1795966110025902, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 37, '12960a93e8bc4a19be4e8d0416bb1d0983139d91f39fdb1d4abbea827f366be1', 0);
INSERT INTO batches VALUES ('01a227ec-0a97-7b30-8000-1ae998ebca90', 1795966110359716, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 38, '5457b879578b6850d5cf5fb64a297a5a4814611e34fe3f2ba5058fe7e73f7638', 0);
INSERT INTO batches VALUES ('01a227ec-0be5-77d4-8000-04a717a09491', 1795966110693501, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 39, '2a992de57b25305118784aa15a286b66003e2a2184b7a97876c24a36882d011b', 0);
INSERT INTO batches VALUES ('01a227ec-0d31-7e94-8000-0375ac048564', 1795966111025933, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 40, 'd3f81ac400bf79f6e537fee7326799607106448f39be51c1f491fa7eeb44ac17', 0);
INSERT INTO batches VALUES ('01a227ec-0d4a-7040-8000-0bbbfb6f0afd', 1795966111050016, 0, '85d666e9691233227bb2dd25bc0c9f3b41504f52a1ca6c9daeecad29a3a32d49', 41, 'e53d345a1dcf59c76702e378de2c5477e5c694e76ce9799bfaf42c4e067c4e82', 0);
INSERT INTO batches VALUES ('01a227ec-0e80-7108-8000-32e1cbae3e68', 1795966111360066, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 42, '49d6802372798abc58cd1af4b335a6c414e0f2fff9f0ee5430faa03e67acfd34', 0);
INSERT INTO batches VALUES ('01a227ec-0fcd-7b94-8000-322cd27b2404', 1795966111693741, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 43, '15a5ec5458f063ad86245909c7e1e560892897f397d0318afdeaf0ab8c5536aa', 0);
INSERT INTO batches VALUES ('01a227ec-111a-7750-8000-080927b20795', 1795966112026468, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 44, 'b0d65c7ccd017035763e5f6e4c3efec3f11082ccc0b81901848654131d5d9cf9', 0);
INSERT INTO batches VALUES ('01a227ec-1268-71bc-8000-2959cd731228', 1795966112360111, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 45, '1ad126ef69815b0d19d1758af6cf493b32a8f53ed7de299abc1ba3fc8952fd80', 0);
INSERT INTO batches VALUES ('01a227ec-13b5-7ba8-8000-235fb2d3f57f', 1795966112693746, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 46, 'c598b3ca5c6ecbcb4917baad1b0be5e1df83c9511acae64ad95001cd0a01efce', 0);
INSERT INTO batches VALUES ('01a227ec-1502-7be8-8000-28a3b29a19b0', 1795966113026762, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 47, 'da7696cff673875a3283e76628dab04e8a932e3ea77475ff588479b14bc0e4a6', 0);
INSERT INTO batches VALUES ('01a227ec-164f-75f4-8000-0f24c029fdc0', 1795966113359381, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 48, '8bc24e175c5683652f103f34204e41fa630d6ad3f086f483d9c2fa9a15c67715', 0);
INSERT INTO batches VALUES ('01a227ec-179d-7c7c-8000-20b2942a6625', 1795966113693799, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 49, '66ce4c00f0b45d9f73952f3b16b2674bf7e3e39601bff19f185df6b26bc5e2d1', 0);
INSERT INTO batches VALUES ('01a227ec-18ea-719c-8000-3b2f199d8a15', 1795966114026103, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, '', 0);
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
INSERT INTO orders VALUES ('01a227eb-f5c7-7de8-8000-71809be35f8e', 'CLOUD_20261129152825_0Z4J07WE', 'new_server', 'buyer', 1299, '01a227eb-f5c7-7de8-8000-71809be35f8e', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966105031890, '{"balance_before":1000000000,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558105031890}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', 'v1:eoE4lRWewUkufOiVQFqLFPXVvDZFb2qXt/OjiuwMU9qQIlHkrMbDJsHipXxk/Y/8', 1795966105039328, 0);
INSERT INTO orders VALUES ('01a227eb-f5d2-7540-8000-58031bee4475', 'CLOUD_20261129152825_19B0053N', 'new_server', 'buyer', 1299, '01a227eb-f5d2-7540-8000-58031bee4475', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966105042336, '{"balance_before":999998701,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"one","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558105042336}', 'completed', 1, '', 0, 0, 0, '', 'sim-2', 2, '', '10.0.0.2', '', 'v1:YM13E5fd0W2wk/AFpge2JmRLxBCtv5ruoPegLgOz2y7q5Qhu3mk9RmufhGNpKuIr', 1795966105047659, 0);
INSERT INTO orders VALUES ('01a227eb-f5d9-7e90-8000-7cdc8990fffa', 'CLOUD_20261129152825_1GRC07ZT', 'new_server', 'buyer', 1299, '01a227eb-f5d9-7e90-8000-7cdc8990fffa', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966105049932, '{"balance_before":999997402,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"two","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558105049932}', 'completed', 1, '', 0, 0, 0, '', 'sim-3', 3, '', '10.0.0.3', '', 'v1:pHgVv7C1cvqC8Hem/BfXETt2HjXPCwg+DxiXbjfgwyH55MBwReOb9NuHHM/q1icI', 1795966105055515, 0);
INSERT INTO orders VALUES ('01a227eb-f5e2-70dc-8000-7aa98173a08b', 'CLOUD_20261129152825_1RP7044B', 'new_server', 'buyer', 1299, '01a227eb-f5e2-70dc-8000-7aa98173a08b', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966105058055, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-refuse","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558105058055}', 'refunded', 1, '', 0, 0, 0, '', '', 0, '', '', '', 'v1:hUMMCVqYXcOwJcTlhMqOWUR6cXVUadYE0uBuE389xrqUc9C0pFunkq7NLBJ+o8qW', 1795966105064200, 0);
INSERT INTO orders VALUES ('01a227eb-f5ea-744c-8000-5d74ad7d9955', 'CLOUD_20261129152825_20Q306AN', 'new_server', 'buyer', 1299, '01a227eb-f5ea-744c-8000-5d74ad7d9955', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966105066275, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-lost","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558105066275}', 'completed', 2, '', 0, 0, 0, '', 'sim-5', 5, '', '10.0.0.5', '', 'v1:TLFonOlufAnGt+/oKGG4xcRhyaF7hsUfm1U7NRwmphds6dkhXHEQnMsHJda65YU+', 1795966106534161, 0);
INSERT INTO orders VALUES ('01a227eb-fba8-7ab0-8000-781771ab48a4', 'CLOUD_20261129152826_GC3C0654', 'new_server', 'buyer', 1299, '01a227eb-fba8-7ab0-8000-781771ab48a4', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966106536684, '{"balance_before":999994804,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-wait","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558106536684}', 'completed', 2, '', 0, 0, 0, '', 'sim-6', 6, '', '10.0.0.6', '', 'v1:Zt3FMFgFmwx/mp3HG29ozJ0m4MM1gYazoVZ8npSjqbbm+UWTncdW7zKrEwSF3nG0', 1795966108033717, 0);
INSERT INTO orders VALUES ('01a227ec-0184-7704-8000-543257895ad0', 'CLOUD_20261129152828_13K106PG', 'renew_server', 'buyer', 1299, '01a227eb-f5c7-7de8-8000-71809be35f8e', '', 1795966108036449, '{"balance_before":999993505,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1801150105031890}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', '', 1795966108036449, 0);
INSERT INTO orders VALUES ('01a227ec-018f-7814-8000-5d7345ed09d1', 'CLOUD_20261129152828_1ECX06EH', 'new_server', 'buyer', 1299, '01a227ec-018f-7814-8000-5d7345ed09d1', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966108047517, '{"balance_before":999992206,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558108047517}', 'paid', 1, 'vm/28741/QiRsJUgE', 1795966115026103, 1795966111047517, 0, '', '', 0, '', '', '', 'v1:5kYusMHSrrhcJ7hM7aEK69B7Db7zsH0PKcm4TWRZEr67+uw8ePXg50z9QuTFVcA7', 1795966114026103, 1795966115026103);
INSERT INTO orders VALUES ('01a227ec-0d4a-7040-8000-5d25835e0ac0', 'CLOUD_20261129152831_1GV006P0', 'new_server', 'buyer', 1299, '01a227ec-0d4a-7040-8000-5d25835e0ac0', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795966111050016, '{"balance_before":999990907,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1798558111050016}', 'paid', 1, 'vm/28741/QiRsJUgE', 1795966115026103, 1795966114050016, 0, '', '', 0, '', '', '', 'v1:47oE222YvNK+Q2nTeXoaT11QyYZXc6d0PrvmhZlaAOBh0/dG9bm+eIIPrh5zV5cz', 1795966114026103, 1795966115026103);
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
INSERT INTO services VALUES ('01a227eb-f5c7-7de8-8000-71809be35f8e', 'server', 'buyer', 1795966105031890, '{"name":"kept","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-1', 1, '', '10.0.0.1', '', 1801150105031890, 1795966108036449, 1798558106534169, '{}');
INSERT INTO services VALUES ('01a227eb-f5d2-7540-8000-58031bee4475', 'server', 'buyer', 1795966105042336, '{"name":"one","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-2', 2, '', '10.0.0.2', '', 1798558105042336, 1795966105047659, 1797262105042336, '{}');
INSERT INTO services VALUES ('01a227eb-f5d9-7e90-8000-7cdc8990fffa', 'server', 'buyer', 1795966105049932, '{"name":"two","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-3', 3, '', '10.0.0.3', '', 1798558105049932, 1795966105055515, 1797262105049932, '{}');
INSERT INTO services VALUES ('01a227eb-f5ea-744c-8000-5d74ad7d9955', 'server', 'buyer', 1795966105066275, '{"name":"sim-lost","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-5', 5, '', '10.0.0.5', '', 1798558105066275, 1795966106534161, 1797262105066275, '{}');
INSERT INTO services VALUES ('01a227eb-fba8-7ab0-8000-781771ab48a4', 'server', 'buyer', 1795966106536684, '{"name":"sim-wait","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-6', 6, '', '10.0.0.6', '', 1798558106536684, 1795966108033717, 1797262106536684, '{}');
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
