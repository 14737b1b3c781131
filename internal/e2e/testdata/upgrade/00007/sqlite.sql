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
INSERT INTO users VALUES ('buyer', '', 'Buyer', '', 1, 0, 0, 'email', 0, 1795293469950744, 1795293469950744);
INSERT INTO users VALUES ('suspended', '', 'Suspended', '', 0, 0, 0, 'email', 0, 1795293470111656, 1795293470248130);
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
INSERT INTO api_keys VALUES ('01a1ffd4-5d65-7ea0-8000-5f86667c1f3e', 'buyer', '', '00f2168f78f17a9127d3efc0c95c3e693b72a264b7d0c168d5752a744634b502', 'order,read', '', 0, 0, 1795293470053936, 1795293470053936);
INSERT INTO api_keys VALUES ('01a1ffd4-5e58-708c-8000-406e5817bbbf', 'suspended', '', '81e113d6ea9bfc3e2219c9ee0b7d632784b20a6cb226f7710f7c3be8ff30f9b4', 'order,read', '', 0, 1795293470345056, 1795293470296035, 1795293470345056);
CREATE TABLE wallets (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    currency   TEXT   NOT NULL,
    balance    BIGINT NOT NULL CHECK (balance >= 0),
    seq        BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO wallets VALUES ('buyer', 'EUR', 999989608, 11, 1795293476416940);
INSERT INTO wallets VALUES ('suspended', 'EUR', 1999, 2, 1795293470203187);
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
INSERT INTO entries VALUES ('buyer', 1, 1000000000, 1000000000, 'deposits', '', 'opening', '', 1795293469999321, '01a1ffd4-5d2f-7504-8000-1fc4d975275b');
INSERT INTO entries VALUES ('buyer', 2, -1299, 999998701, 'sales', '01a1ffd4-5ec4-7648-8000-483754b3bb16', '', '', 1795293470404402, '01a1ffd4-5ec4-7648-8000-2c6041ca9011');
INSERT INTO entries VALUES ('buyer', 3, -1299, 999997402, 'sales', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', '', '', 1795293470411892, '01a1ffd4-5ecb-7df0-8000-062bcac45086');
INSERT INTO entries VALUES ('buyer', 4, -1299, 999996103, 'sales', '01a1ffd4-5ed2-728c-8000-4256808614be', '', '', 1795293470418163, '01a1ffd4-5ed2-728c-8000-02676be54cb6');
INSERT INTO entries VALUES ('buyer', 5, -1299, 999994804, 'sales', '01a1ffd4-5ed8-7608-8000-4810634cc279', '', '', 1795293470424386, '01a1ffd4-5ed8-7608-8000-33a1109fc858');
INSERT INTO entries VALUES ('buyer', 6, 1299, 999996103, 'sales', '01a1ffd4-5ed8-7608-8000-4810634cc279', '', '', 1795293470429669, '01a1ffd4-5edd-7a74-8000-3281c757688c');
INSERT INTO entries VALUES ('buyer', 7, -1299, 999994804, 'sales', '01a1ffd4-5ede-7bac-8000-6a366b23af95', '', '', 1795293470430747, '01a1ffd4-5ede-7bac-8000-21a072daf391');
INSERT INTO entries VALUES ('buyer', 8, -1299, 999993505, 'sales', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '', '', 1795293471912074, '01a1ffd4-64a8-7128-8000-08ca63d5855f');
INSERT INTO entries VALUES ('buyer', 9, -1299, 999992206, 'sales', '01a1ffd4-6a82-7a2c-8000-5fc6cd6f74e5', '', '', 1795293473410651, '01a1ffd4-6a82-7a2c-8000-12265eb76a2d');
INSERT INTO entries VALUES ('buyer', 10, -1299, 999990907, 'sales', '01a1ffd4-6a87-7168-8000-64b21acfc70e', '', '', 1795293473415090, '01a1ffd4-6a87-7168-8000-1423380665c4');
INSERT INTO entries VALUES ('buyer', 11, -1299, 999989608, 'sales', '01a1ffd4-7640-7eb0-8000-4257ef646916', '', '', 1795293476416940, '01a1ffd4-7640-7eb0-8000-20406f209885');
INSERT INTO entries VALUES ('suspended', 1, 2500, 2500, 'deposits', '', 'first', '', 1795293470167236, '01a1ffd4-5dd7-73b0-8000-0f62f9301534');
INSERT INTO entries VALUES ('suspended', 2, -501, 1999, 'correction', '', 'second', 'a correction, it''s ''quoted''', 1795293470203187, '01a1ffd4-5dfb-72ec-8000-2eca1fa4ab03');
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
INSERT INTO events VALUES ('01a1ffd4-5cc5-7b04-8000-22c19bf1fb3f', 0, 1795293469893705, 'catalogue.applied', '', '', '', '', 0);
INSERT INTO events VALUES ('01a1ffd4-5cfe-7ba0-8000-337574667ec0', 0, 1795293469950744, 'user.created', 'buyer', '', '', '', 0);
INSERT INTO events VALUES ('01a1ffd4-5d2f-7504-8000-1fc4d975275b', 0, 1795293469999321, 'wallet.credited', 'buyer', '', '', 'opening', 1000000000);
INSERT INTO events VALUES ('01a1ffd4-5d65-7ea0-8000-16e1dd352e65', 0, 1795293470053936, 'key.created', 'buyer', '', '', '01a1ffd4-5d65-7ea0-8000-5f86667c1f3e', 0);
INSERT INTO events VALUES ('01a1ffd4-5d9f-7a40-8000-1855c96613a0', 0, 1795293470111656, 'user.created', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a1ffd4-5dd7-73b0-8000-0f62f9301534', 0, 1795293470167236, 'wallet.credited', 'suspended', '', '', 'first', 2500);
INSERT INTO events VALUES ('01a1ffd4-5dfb-72ec-8000-2eca1fa4ab03', 0, 1795293470203187, 'wallet.debited', 'suspended', '', '', 'second', -501);
INSERT INTO events VALUES ('01a1ffd4-5e28-7208-8000-384bfd4ba6d7', 0, 1795293470248130, 'user.suspended', 'suspended', '', '', '', 0);
INSERT INTO events VALUES ('01a1ffd4-5e58-708c-8000-0cc2ff4bcd31', 0, 1795293470296035, 'key.created', 'suspended', '', '', '01a1ffd4-5e58-708c-8000-406e5817bbbf', 0);
INSERT INTO events VALUES ('01a1ffd4-5e89-70e0-8000-3611e4d9451a', 0, 1795293470345056, 'key.revoked', 'suspended', '', '', '01a1ffd4-5e58-708c-8000-406e5817bbbf', 0);
INSERT INTO events VALUES ('01a1ffd4-5ec4-7648-8000-2c6041ca9011', 0, 1795293470404402, 'order.paid', 'buyer', '01a1ffd4-5ec4-7648-8000-483754b3bb16', '01a1ffd4-5ec4-7648-8000-483754b3bb16', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5eca-7700-8000-1e47e2c0daaa', 0, 1795293470410448, 'order.completed', 'buyer', '01a1ffd4-5ec4-7648-8000-483754b3bb16', '01a1ffd4-5ec4-7648-8000-483754b3bb16', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ecb-7df0-8000-062bcac45086', 0, 1795293470411892, 'order.paid', 'buyer', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ed0-7d74-8000-383fb1e455ce', 0, 1795293470416861, 'order.completed', 'buyer', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ed2-728c-8000-02676be54cb6', 0, 1795293470418163, 'order.paid', 'buyer', '01a1ffd4-5ed2-728c-8000-4256808614be', '01a1ffd4-5ed2-728c-8000-4256808614be', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ed7-715c-8000-25b7c48576d1', 0, 1795293470423087, 'order.completed', 'buyer', '01a1ffd4-5ed2-728c-8000-4256808614be', '01a1ffd4-5ed2-728c-8000-4256808614be', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ed8-7608-8000-33a1109fc858', 0, 1795293470424386, 'order.paid', 'buyer', '01a1ffd4-5ed8-7608-8000-4810634cc279', '01a1ffd4-5ed8-7608-8000-4810634cc279', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5edd-7a74-8000-3281c757688c', 0, 1795293470429669, 'order.refunded', 'buyer', '01a1ffd4-5ed8-7608-8000-4810634cc279', '01a1ffd4-5ed8-7608-8000-4810634cc279', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ede-7bac-8000-21a072daf391', 0, 1795293470430747, 'order.paid', 'buyer', '01a1ffd4-5ede-7bac-8000-6a366b23af95', '01a1ffd4-5ede-7bac-8000-6a366b23af95', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-5ee3-7990-8000-28d238b7c57a', 0, 1795293470435612, 'order.waiting', 'buyer', '01a1ffd4-5ede-7bac-8000-6a366b23af95', '01a1ffd4-5ede-7bac-8000-6a366b23af95', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-649f-7cb4-8000-1e1cc1204801', 0, 1795293471903813, 'order.taken', 'buyer', '01a1ffd4-5ede-7bac-8000-6a366b23af95', '01a1ffd4-5ede-7bac-8000-6a366b23af95', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-64a5-7d54-8000-393dee15f9d1', 0, 1795293471909853, 'order.completed', 'buyer', '01a1ffd4-5ede-7bac-8000-6a366b23af95', '01a1ffd4-5ede-7bac-8000-6a366b23af95', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-64a8-7128-8000-08ca63d5855f', 0, 1795293471912074, 'order.paid', 'buyer', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-64ad-7808-8000-20a641e6d5cd', 0, 1795293471917514, 'order.waiting', 'buyer', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-6a7b-7c68-8000-15e2b70ebea8', 0, 1795293473403794, 'order.taken', 'buyer', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-6a81-7194-8000-1f43cd8045d4', 0, 1795293473409101, 'order.completed', 'buyer', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-6a82-7a2c-8000-12265eb76a2d', 0, 1795293473410651, 'order.paid', 'buyer', '01a1ffd4-6a82-7a2c-8000-5fc6cd6f74e5', '01a1ffd4-5ec4-7648-8000-483754b3bb16', 'renew_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-6a82-7a2c-8000-12265eb76a2d', 1, 1795293473410651, 'order.completed', 'buyer', '01a1ffd4-6a82-7a2c-8000-5fc6cd6f74e5', '01a1ffd4-5ec4-7648-8000-483754b3bb16', 'renew_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-6a87-7168-8000-1423380665c4', 0, 1795293473415090, 'order.paid', 'buyer', '01a1ffd4-6a87-7168-8000-64b21acfc70e', '01a1ffd4-6a87-7168-8000-64b21acfc70e', 'new_server', 1299);
INSERT INTO events VALUES ('01a1ffd4-7640-7eb0-8000-20406f209885', 0, 1795293476416940, 'order.paid', 'buyer', '01a1ffd4-7640-7eb0-8000-4257ef646916', '01a1ffd4-7640-7eb0-8000-4257ef646916', 'new_server', 1299);
CREATE TABLE idempotency_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    mark       TEXT   NOT NULL,
    order_id   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES ('4dptLKdcMtGET0z32SFVk7mn', 'nRnfUt7VODTL6fDHnqu0D8FAeuKNme3AiwPESW3ier0', '01a1ffd4-5ec4-7648-8000-483754b3bb16', 1795466270404402);
INSERT INTO idempotency_keys VALUES ('8QdJC2FgOGpCjGbdHd1l8o6b', 'oU617J75XpZYkylJ88d20Rd158MvXYuaAIGI2guxE24', '01a1ffd4-5ede-7bac-8000-6a366b23af95', 1795466270430747);
INSERT INTO idempotency_keys VALUES ('BInmLnfjCzwxYH7oxTNRJJWC', 'LxtbQKgWGV6/rRXiZE5T8ryr0RmvcN4XQB/Kfnfusb4', '01a1ffd4-64a8-7128-8000-5f6e98fbf909', 1795466271912074);
INSERT INTO idempotency_keys VALUES ('GPzWfR8P41SxxkYoAztzMjqP', 'fxZNzP2eghfWhK6rwRKGvG5596h7GHD9SCa1Vw8uL2o', '01a1ffd4-6a87-7168-8000-64b21acfc70e', 1795466273415090);
INSERT INTO idempotency_keys VALUES ('HyJbn1Vi0V0Zjl8FI3Wl8tJK', '-5.01', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('M9THQSJ0JzWGg4-jLouyaIi0', 'VuxjRLgQzSKZWj5SpLm3m4KXKPCR1bAj+WY1aMBVlvU', '01a1ffd4-5ecb-7df0-8000-709d1262aadf', 1795466270411892);
INSERT INTO idempotency_keys VALUES ('WEnMcANub9M2XxTP9_SEcnn8', '25.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('gR5BOEu25DHKLm0NYGUl4xfF', 'fxZNzP2eghfWhK6rwRKGvG5596h7GHD9SCa1Vw8uL2o', '01a1ffd4-7640-7eb0-8000-4257ef646916', 1795466276416940);
INSERT INTO idempotency_keys VALUES ('mitt52if4pqejC1CaDVijuWE', '10000000.00', '', 9223372036854775807);
INSERT INTO idempotency_keys VALUES ('rgUrJdiiQQORDYPVjJqGozGF', 'P0mFoaQYQ1ecjNAoX6otU1jCURLggV0WStMbD4DYs6I', '01a1ffd4-6a82-7a2c-8000-5fc6cd6f74e5', 1795466273410651);
INSERT INTO idempotency_keys VALUES ('tS3dNHrZn_l5HMrse0XLgY4T', 'zDU1EOg6hvRWjoyBBfU3QOa0gsvvC+X+Pu4UDNADHSw', '01a1ffd4-5ed2-728c-8000-4256808614be', 1795466270418163);
INSERT INTO idempotency_keys VALUES ('xGNQD_AZ2RiI2kMMASJt9Z8d', 'NYxnTY1Q7AGBXaLQh2XEdHPDbDN2TJ2gsGtTD2PPTUw', '01a1ffd4-5ed8-7608-8000-4810634cc279', 1795466270424386);
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
INSERT INTO meta VALUES ('chain', '49:4e30591d4b3620353a47ae15573a83f7b38a317df4d6b04fd3f3fa494d63bad0');
INSERT INTO meta VALUES ('installation', '01a1ffd4-5eb4-7014-8000-69fbc1f67ec7');
INSERT INTO meta VALUES ('reconciled', '1795293470405886');
INSERT INTO meta VALUES ('rights', '01a1ffd4-5e89-70e0-8000-4a5df97f09c9');
INSERT INTO meta VALUES ('secret_check', 'v1:I30WdDybsbYxdLcXagpQOHFCQjj9tAZrakRETR7JvVfDeoM3/9/un1vXWfVXHyefxOd2ltbbUIWOAg6T');
CREATE TABLE catalogues (
    version    BIGINT NOT NULL PRIMARY KEY,
    text       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO catalogues VALUES (1, '{"Version":1,"AppliedAt":1795293469893705,"Currency":"EUR","DefaultLocation":"","Plans":[{"ID":"56803492-50f6-8087-9717-9e11f22afdde","ExternalID":5,"Type":"vps","Name":"VPS","Cores":2,"RAM":6442450944,"Disk":40,"DiskType":"ssd","Price":1299,"Images":[13],"Applications":null,"Offers":[{"Location":"Slovenia","Providers":["sim"],"Capacity":-1}],"Life":null,"CreatedAt":1795293469893705,"UpdatedAt":1795293469893705}],"Images":[{"ID":13,"Name":"Debian 12"}],"Applications":null,"Locations":[{"Name":"Slovenia"}],"Networks":null,"Life":{"NoticeDays":3,"RenewHours":24,"GraceHours":0,"DeleteDays":14,"RetryHours":6}}', 1795293469893705);
CREATE TABLE batches (
    id   TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    void BIGINT NOT NULL
, digest TEXT NOT NULL DEFAULT '', seq BIGINT NOT NULL DEFAULT -1, hash TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
INSERT INTO batches VALUES ('01a1ffd4-5cc5-7b04-8000-22c19bf1fb3f', 1795293469893705, 0, '590ae31f71995244c3f3fcbe5d8a23925d31b6e3b5f363184e4d8d1fe2c3a979', 1, 'f5f2e811cff2ed56a3afe87f713dc8ea9cfd8d7f9cc20a18350ec9d266b02cc7');
INSERT INTO batches VALUES ('01a1ffd4-5cfe-7ba0-8000-337574667ec0', 1795293469950744, 0, '4d69c1bebcfa55cab795e8b6b920304d6060c05ed67db50c9b50034ba2ca6ed4', 2, 'f830c4d543597df953e2cacf48e6ae2cf0cf724b04471c6f736869c386f633dd');
INSERT INTO batches VALUES ('01a1ffd4-5d2f-7504-8000-1fc4d975275b', 1795293469999321, 0, '58606bb3c6ef52ff190ecbad04b7742768ddbf40ccf02ae1c4ef33283843b42f', 3, '20abc9225c3a3d27d90dc199254d1b084ee7200cbd882cb75fa0089edcd5ed6c');
INSERT INTO batches VALUES ('01a1ffd4-5d65-7ea0-8000-16e1dd352e65', 1795293470053936, 0, '034ba5910e3c9ccc3ec03f7bb3a0e0935f602eff88731ccc8e7ccb74d9755c2d', 4, '4204c6b8d1bf3128d01c00e290ff9b1f3d15b454134793682b76bb07be535e1f');
INSERT INTO batches VALUES ('01a1ffd4-5d9f-7a40-8000-1855c96613a0', 1795293470111656, 0, '6614a174da68a1578ccc540fcef411c29fa60b2ee9f48b181c8742b519c59aab', 5, '2fc066dfacad51ae2ba3f83f4705c22509aaf846617d972e609760deae201c74');
INSERT INTO batches VALUES ('01a1ffd4-5dd7-73b0-8000-0f62f9301534', 1795293470167236, 0, 'b24aa4a677e996ec3ed0a722fe0bab86d71d37b16b0036fafe1c2623b5def71e', 6, '9e4e987d97142ece7c9d90e06092a7dd5584fa3c17de23738cf04ae8c371337f');
INSERT INTO batches VALUES ('01a1ffd4-5dfb-72ec-8000-2eca1fa4ab03', 1795293470203187, 0, '2fc2db7668b5403efac037ab4903bdcebbfc8f5ad974851716c6e272a6cb8e82', 7, 'f7550d46369545d894e303a9c998ef8954c44d5081b281f43d4df695ee6c88c8');
INSERT INTO batches VALUES ('01a1ffd4-5e28-7208-8000-384bfd4ba6d7', 1795293470248130, 0, '7787114b5ca0e213de8cfa87ff20a910b8f9a302f1cb617905fd82275f72eefc', 8, 'e48e18f16ada6d6226da6a04f9751ae0d02d812df63a407d5cadee01b05eb606');
INSERT INTO batches VALUES ('01a1ffd4-5e58-708c-8000-0cc2ff4bcd31', 1795293470296035, 0, 'a18a26e645cdc93c1e116d94bd976ad278c754f8a5daa2b5dc43c85b9b0bbb8f', 9, 'e9a7e1491ecc9d757498e85775c42a8145d28436da4614adbd51edb2753dc2be');
INSERT INTO batches VALUES ('01a1ffd4-5e89-70e0-8000-3611e4d9451a', 1795293470345056, 0, '23bda8ab68f25fde104fb8ad5d28793a7dca487b56af5af443c8fdcd1aec5e25', 10, '09bc4b03e190b940352a1d27d75b93038d4289b86886de484cf2daff52448d0e');
INSERT INTO batches VALUES ('01a1ffd4-5eb4-7014-8000-0c7d33ec31cd', 1795293470388005, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 11, 'e33a31fcc86f9e7d0447a33aede6671e15ba8082ab9d296edf388a949ad3e1c7');
INSERT INTO batches VALUES ('01a1ffd4-5eb5-7378-8000-2760312b167a', 1795293470389222, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 12, '9db39beb4dbd76cd13bafb0d15b874718b616694a612a64e5d67282a6423f90d');
INSERT INTO batches VALUES ('01a1ffd4-5ec4-7648-8000-2c6041ca9011', 1795293470404402, 0, 'edbbf078e162e2611d6a1876ef403aac1e529bbbdf891e7ef7227d90eaccc778', 13, '24b5ca17100de8639942f6f19d8a286305faef81beaf92c2f15689fcb056d012');
INSERT INTO batches VALUES ('01a1ffd4-5ec5-7dd8-8000-341960a2c0d2', 1795293470405886, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 14, 'f23d0d38d5d972cf6d1cd54576674c890da162cf5b744f3d4feed7feccf566b0');
INSERT INTO batches VALUES ('01a1ffd4-5eca-7700-8000-1e47e2c0daaa', 1795293470410448, 0, 'd48f4a66fe9a25297df39e0e25fe631ec6631570b3b310ba942bfd799a60bd4e', 15, 'c5a5f377687dc53a402b8050886f26eb28a2052c98a8d3a3d80553cfc4b2392e');
INSERT INTO batches VALUES ('01a1ffd4-5ecb-7df0-8000-062bcac45086', 1795293470411892, 0, '68eaa8fac75a7508c3870d5a9a172955f091833b134ba312422aa342262b3c66', 16, '1f9a6941ecfe3cc1258fc9f0024458ef97b93f1190c272067a3315a0a092c9f5');
INSERT INTO batches VALUES ('01a1ffd4-5ed0-7d74-8000-383fb1e455ce', 1795293470416861, 0, 'e1ccc4d21bdd1aa6fc9db31c483fb595535df42aa5f855c424f097de6e6e81b1', 17, 'd0fef6b7e181bbf41116d6ce4a79a6103aff6cccc2cc472846300315024d959e');
INSERT INTO batches VALUES ('01a1ffd4-5ed2-728c-8000-02676be54cb6', 1795293470418163, 0, '5290f4a9b0f857e0c54b911388a8bc74267d0dc4be0c9418b1b3ef5304421900', 18, 'e5a3a7e7f35e4018655b2cfe209c88684469338308a212f6cc21e088981873d6');
INSERT INTO batches VALUES ('01a1ffd4-5ed7-715c-8000-25b7c48576d1', 1795293470423087, 0, '591b220c6264b5c9031832bed0f3f744ff9e3b4017db54d08c1bb548dffc4e8b', 19, 'b46f895246d753720c6011608fcd0640b19abed5b2048e4bd0d11b591d242eef');
INSERT INTO batches VALUES ('01a1ffd4-5ed8-7608-8000-33a1109fc858', 1795293470424386, 0, '57b80ae263d54d17d92e6b9c6d5bb9a37e70f308c4364faba45f48dddf48c65d', 20, '58a73cc91f696d51f3c726284a959532a5d135a6f89ced754fba866155ec1aba');
INSERT INTO batches VALUES ('01a1ffd4-5edd-7a74-8000-3281c757688c', 1795293470429669, 0, '4316efa6362b56d88824a1977579ae550f5780e7da37692819d134af4293474a', 21, '7e6a223c15f201489c0b59894c8631c0d6452b8ff49f11f7f337a28f70c88942');
INSERT INTO batches VALUES ('01a1ffd4-5ede-7bac-8000-21a072daf391', 1795293470430747, 0, '1a22dd5f410cdaf9b5a944e50bfdfd23b4451151a955e7548f4849efdb255af2', 22, '07ad50b2e0e41869c197b8ea7bd25c8c41f66bb46f1e7f47aa6ebaf1b583569c');
INSERT INTO batches VALUES ('01a1ffd4-5ee3-7990-8000-28d238b7c57a', 1795293470435612, 0, 'b84ddb11026eac639757f57dbb84e730abf82383c28d1574de600a77780c08f8', 23, 'b9b0ace7f28e852244489364e6003044cc1e15024cceba92836e3e7768cef385');
INSERT INTO batches VALUES ('01a1ffd4-649f-7cb4-8000-1e1cc1204801', 1795293471903813, 0, '15094d9b98c9bf4036c4f65e101aa254c3495b396f7c1e60f478d23f054a0a26', 24, '30a596371a15951742d0e5a241af87ce925721ab5e2a92acb0979c8b5cd8d930');
INSERT INTO batches VALUES ('01a1ffd4-64a5-7d54-8000-393dee15f9d1', 1795293471909853, 0, '44d0a2be0bfc60ba6cc6889e7bd684e796a3d7da9870ec32a5cd76eea7931735', 25, 'b622d35b900a58f90f874e0f7464a39671aee9a987d1e4372e4af962bffbf145');
INSERT INTO batches VALUES ('01a1ffd4-64a8-7128-8000-08ca63d5855f', 1795293471912074, 0, '5dfce3d3a8927dbac3cfb9363f5e3ac18f09373a6a30460da01baec602699c08', 26, 'a1bf9f551b0a905d6070d09f070ac39f57432eddce9e5a7100c00565f96107ad');
INSERT INTO batches VALUES ('01a1ffd4-64ad-7808-8000-20a641e6d5cd', 1795293471917514, 0, '6eb8e28e0d096bbc6c3728674f145404770cf3187a714ddac71440cc878825cb', 27, '1a875718dadc48bf4465ca328d43bc7c3d924ea4f5fcf7f445b187f171b32a97');
INSERT INTO batches VALUES ('01a1ffd4-6a7b-7c68-8000-15e2b70ebea8', 1795293473403794, 0, '2eb72bc2ee9c866b679366a4d05cbdca70b0ea675ebdf3a1c621d00f261b2312', 28, '0c33d17d0de2f5891c15e27f8b8d27e2a700a6577322aceb97727868c7d20594');
INSERT INTO batches VALUES ('01a1ffd4-6a81-7194-8000-1f43cd8045d4', 1795293473409101, 0, '50a7a7012800752584efe27a81eeb37604dfb363a75a80eb60025f29c39707a4', 29, '0854457293fa96590df22f291330da06aa6beb66a1eb102820af463c0a69a7c8');
INSERT INTO batches VALUES ('01a1ffd4-6a82-7a2c-8000-12265eb76a2d', 1795293473410651, 0, 'ef4025a2e5510554d0fbb6e2b4711e634d94c45bdc0f1c7b96e9e906328fd779', 30, 'bb4f64989c72a8d5880fff6ae8443e7c3bf13f23e8a1085747324b068471044d');
INSERT INTO batches VALUES ('01a1ffd4-6a87-7168-8000-1423380665c4', 1795293473415090, 0, 'ddffeb194a521b4954f85643ac01b6389da06c589df5eb1c76a89f465a787ee5', 31, '2f86750bc628156e0d281da4a8909e5b12f94622ae7353dc12001a8c2dd77da7');
INSERT INTO batches VALUES ('01a1ffd4-6bc8-7c0c-8000-041468fd117c', 1795293473736771, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32, '73f9eea3936653f901586eca9bbed746d01d03aee034bb0e4d93959049249ab7');
INSERT INTO batches VALUES ('01a1ffd4-6d15-7b14-8000-27537f401dd6', 1795293474069709, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 33, '7fbd78b40fc5b991cd261000779cb19484ef4484666f09633f6cbfcca90afc5b');
INSERT INTO batches VALUES ('01a1ffd4-6e62-7b18-8000-20e7149f8169', 1795293474402710, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 34, '3b56ff2884107a8d60516fcbdf7701028f8191c893bfe2d64aeb87526016f06c');
INSERT INTO batches VALUES ('01a1ffd4-6fb1-7a6c-8000-1c51a86d3303', 1795293474737667, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 35, 'ab8929eee1718bb5b7d0063932062a4b63b32d2d605d7095caeb4678a05c0d7a');
INSERT INTO batches VALUES ('01a1ffd4-70fd-7544-8000-00563ec8f356', 1795293475069337, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 36, '438bbeac88161d5eeb0f442f84466ae9af9284b15b735e63165a70d3938b0998');
INSERT INTO batches VALUES ('01a1ffd4-724a-7944-8000-01e9d74b438c', 1795293475402593, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 37, 'f1489a3323628506769fe641edd1808f954240dd0edcdd4b90deefddbd19c74e');
INSERT INTO batches VALUES ('01a1ffd4-7398-7334-8000-3e6a653a54ae', 1795293475736205, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 38, '619330f107c481203083aef923e3938d9b0b9604dbec83150e30ee3018d2dba6');
INSERT INTO batches VALUES ('01a1ffd4-74e5-7e58-8000-054272523786', 1795293476069918, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 39, '0521508565d49e034ed7fa62317dce657074779b49bedf70cf7b260b1357fbc3');
INSERT INTO batches VALUES ('01a1ffd4-7632-781c-8000-3ddd9eaebdb6', 1795293476402519, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 40, '916aa2af29a15d8fcf14d9300443bf3d225317f04aa8222657a6b155af646bbd');
INSERT INTO batches VALUES ('01a1ffd4-7640-7eb0-8000-20406f209885', 1795293476416940, 0, '43b55257542e3af0fb64468b57dbdaf396a1287be353667d6c5eeb85d22047f8', 41, 'bf0b9789472bd9d2b3db36ee2ba07fbc715306ab6b0e6f982b2a11fbe4c8c86a');
INSERT INTO batches VALUES ('01a1ffd4-7780-7dd8-8000-1100d9e5c900', 1795293476736886, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 42, '4849a9b0b571cbca68b1bdba54160f35712e564fbc582f88e374488951cf4d5b');
INSERT INTO batches VALUES ('01a1ffd4-78cd-7bc4-8000-0308a390d859', 1795293477069753, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 43, '9e8dd623f45d585272dc9435b967c230e12db3a76e779c103843bfe8021f0d87');
INSERT INTO batches VALUES ('01a1ffd4-7a1a-7e94-8000-1cf6e7fa6a5f', 1795293477402933, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 44, '4f9b84502cdfdc576c3b8c4057c0eaeffc95e0f4c98f256586b687bc23a0ab2e');
INSERT INTO batches VALUES ('01a1ffd4-7b68-7c00-8000-087d4c0de34e', 1795293477736768, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 45, '8c75523fe09db9a6eb90d31deded7862116bfd96cefd9dc644f98eb866aab27e');
INSERT INTO batches VALUES ('01a1ffd4-7cb5-7a50-8000-246dd4625fbe', 1795293478069660, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 46, '4bb83c10a0633c210719341fab7e82f9a92178b6677a428d9cf245709f37c525');
INSERT INTO batches VALUES ('01a1ffd4-7e02-7520-8000-3802d5b9ea3d', 1795293478402328, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 47, '54122870add7af6f7d73b5563dcd10b60bab86f798f6f9cf4e8e76e19ba0c0cf');
INSERT INTO batches VALUES ('01a1ffd4-7f50-75e8-8000-2167dfe4b741', 1795293478736378, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 48, '9b6115f9c221874dd45da0f050f96b9a6327538bf8acda76e315a185e3548ec5');
INSERT INTO batches VALUES ('01a1ffd4-809d-7acc-8000-3582112eef71', 1795293479069691, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 49, '4e30591d4b3620353a47ae15573a83f7b38a317df4d6b04fd3f3fa494d63bad0');
INSERT INTO batches VALUES ('01a1ffd4-81ea-7af8-8000-11559b9b6a11', 1795293479402702, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, '');
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
) WITHOUT ROWID;
INSERT INTO orders VALUES ('01a1ffd4-5ec4-7648-8000-483754b3bb16', 'CLOUD_20261121203750_6XAB7ERP', 'new_server', 'buyer', 1299, '01a1ffd4-5ec4-7648-8000-483754b3bb16', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293470404402, '{"balance_before":1000000000,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885470404402}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', 'v1:5vpiPkhDrywNQRa4OOJbez+vaJ6Vlnor6v2XZjHZceI3cyt+qYv7GIHvnNG5Nlkf', 1795293470410448);
INSERT INTO orders VALUES ('01a1ffd4-5ecb-7df0-8000-709d1262aadf', 'CLOUD_20261121203750_KM965APZ', 'new_server', 'buyer', 1299, '01a1ffd4-5ecb-7df0-8000-709d1262aadf', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293470411892, '{"balance_before":999998701,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"one","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885470411892}', 'completed', 1, '', 0, 0, 0, '', 'sim-2', 2, '', '10.0.0.2', '', 'v1:vJXlRidRvm6rdZr98wccGkmdBbBHAthoL2z7Oa8hHvJeeW6QcBk+2juiAMsg+FX7', 1795293470416861);
INSERT INTO orders VALUES ('01a1ffd4-5ed2-728c-8000-4256808614be', 'CLOUD_20261121203750_AT08C55Y', 'new_server', 'buyer', 1299, '01a1ffd4-5ed2-728c-8000-4256808614be', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293470418163, '{"balance_before":999997402,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"two","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885470418163}', 'completed', 1, '', 0, 0, 0, '', 'sim-3', 3, '', '10.0.0.3', '', 'v1:2bnyxGyfV6OJUg+QM753UX1Vufv6xMHeHwSg12SHSoHSj5YnFXepaEp1zXlr1GVO', 1795293470423087);
INSERT INTO orders VALUES ('01a1ffd4-5ed8-7608-8000-4810634cc279', 'CLOUD_20261121203750_21HMSGKS', 'new_server', 'buyer', 1299, '01a1ffd4-5ed8-7608-8000-4810634cc279', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293470424386, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-refuse","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885470424386}', 'refunded', 1, '', 0, 0, 0, '', '', 0, '', '', '', 'v1:RkMiMQUPFLZJWY6brlQcm/B14NYANm+8rR8YPfwWeJFWLjh7Y1dwGuLGp1YLZnkn', 1795293470429669);
INSERT INTO orders VALUES ('01a1ffd4-5ede-7bac-8000-6a366b23af95', 'CLOUD_20261121203750_6SNJ7BWN', 'new_server', 'buyer', 1299, '01a1ffd4-5ede-7bac-8000-6a366b23af95', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293470430747, '{"balance_before":999996103,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-lost","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885470430747}', 'completed', 2, '', 0, 0, 0, '', 'sim-5', 5, '', '10.0.0.5', '', 'v1:R8HJEmawkLqDyaGVGR3hp4ApMPn0J369cyIw7XLK3e131ZOrBAxWQVZzQCGgYaha', 1795293471909853);
INSERT INTO orders VALUES ('01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'CLOUD_20261121203751_DTCFQY89', 'new_server', 'buyer', 1299, '01a1ffd4-64a8-7128-8000-5f6e98fbf909', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293471912074, '{"balance_before":999994804,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-wait","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885471912074}', 'completed', 2, '', 0, 0, 0, '', 'sim-6', 6, '', '10.0.0.6', '', 'v1:5STDe99MBjkS9PGGEpus6MUbzycpgKmcZGo/1ndsUi5oxXvSAPJcol2U++sOZ8cg', 1795293473409101);
INSERT INTO orders VALUES ('01a1ffd4-6a82-7a2c-8000-5fc6cd6f74e5', 'CLOUD_20261121203753_RV6PYX75', 'renew_server', 'buyer', 1299, '01a1ffd4-5ec4-7648-8000-483754b3bb16', '', 1795293473410651, '{"balance_before":999993505,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"kept","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1800477470404402}', 'completed', 1, '', 0, 0, 0, '', 'sim-1', 1, '', '10.0.0.1', '', '', 1795293473410651);
INSERT INTO orders VALUES ('01a1ffd4-6a87-7168-8000-64b21acfc70e', 'CLOUD_20261121203753_P8DCZHRE', 'new_server', 'buyer', 1299, '01a1ffd4-6a87-7168-8000-64b21acfc70e', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293473415090, '{"balance_before":999992206,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885473415090}', 'paid', 1, 'vm/19781/ibIAtekW', 1795293480402702, 1795293476415090, 0, '', '', 0, '', '', '', 'v1:pq62FSst8LtpimXSDgHbjBKhwRcR0oDAwnDOXR/CMY5Pari+gkfsnQGW7zpzef3o', 1795293479402702);
INSERT INTO orders VALUES ('01a1ffd4-7640-7eb0-8000-4257ef646916', 'CLOUD_20261121203756_AZQP8T8P', 'new_server', 'buyer', 1299, '01a1ffd4-7640-7eb0-8000-4257ef646916', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 1795293476416940, '{"balance_before":999990907,"currency":"EUR","catalogue_version":1,"plan_id":"5","image_id":13,"location":"Slovenia","name":"sim-slow","hours":720,"product":"VPS","description":"VPS","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"provider":"sim","expires_at":1797885476416940}', 'paid', 1, 'vm/19781/ibIAtekW', 1795293480402702, 1795293479416940, 0, '', '', 0, '', '', '', 'v1:ljWd3OrytDKBdVfXYsZto4rPTv3YqUkmfeDFBARDJWK+rsSp2MZ9C072lVpq93TN', 1795293479402702);
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
, due_at BIGINT NOT NULL DEFAULT 0, work TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID;
INSERT INTO services VALUES ('01a1ffd4-5ec4-7648-8000-483754b3bb16', 'server', 'buyer', 1795293470404402, '{"name":"kept","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-1', 1, '', '10.0.0.1', '', 1800477470404402, 1795293473410651, 1797885471907526, '{}');
INSERT INTO services VALUES ('01a1ffd4-5ecb-7df0-8000-709d1262aadf', 'server', 'buyer', 1795293470411892, '{"name":"one","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-2', 2, '', '10.0.0.2', '', 1797885470411892, 1795293470416861, 1796589470411892, '{}');
INSERT INTO services VALUES ('01a1ffd4-5ed2-728c-8000-4256808614be', 'server', 'buyer', 1795293470418163, '{"name":"two","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-3', 3, '', '10.0.0.3', '', 1797885470418163, 1795293470423087, 1796589470418163, '{}');
INSERT INTO services VALUES ('01a1ffd4-5ede-7bac-8000-6a366b23af95', 'server', 'buyer', 1795293470430747, '{"name":"sim-lost","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-5', 5, '', '10.0.0.5', '', 1797885470430747, 1795293471909853, 1796589470430747, '{}');
INSERT INTO services VALUES ('01a1ffd4-64a8-7128-8000-5f6e98fbf909', 'server', 'buyer', 1795293471912074, '{"name":"sim-wait","plan_id":"5","cores":2,"ram":6442450944,"disk":40,"disk_type":"ssd","price":1299,"hours":720,"location":"Slovenia","image_id":13,"product":"VPS"}', '', 'active', 'sim', '56803492-50f6-8087-9717-9e11f22afdde@Slovenia', 0, 'sim-6', 6, '', '10.0.0.6', '', 1797885471912074, 1795293473409101, 1796589471912074, '{}');
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
