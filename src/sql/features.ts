/** The tables of features that also work without users in SQL. Each feature has its own version numbers. */
import { type MysqlStep, table } from './mysql-schema';
import type { TransactionalDialect } from './schema';

/** The statements of a version. A released version never changes. */
type Version = Readonly<Record<TransactionalDialect, string>> & { readonly mysql: readonly MysqlStep[] };

export interface Feature {
  readonly name: string;
  readonly versions: readonly Version[];
}

export const FEATURES: readonly Feature[] = [
  {
    name: 'state',
    versions: [
      {
        // Text instead of jsonb, which reorders members: a swap compares the exact text.
        postgres: `
CREATE TABLE securest_state (id text PRIMARY KEY, value text NOT NULL, owner text, expires_ms bigint NOT NULL);
CREATE INDEX securest_state_by_owner ON securest_state (owner) WHERE owner IS NOT NULL;
CREATE INDEX securest_state_by_end ON securest_state (expires_ms);
`,
        sqlite: `
CREATE TABLE securest_state (
  id TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, owner TEXT, expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX securest_state_by_owner ON securest_state (owner) WHERE owner IS NOT NULL;
CREATE INDEX securest_state_by_end ON securest_state (expires_ms);
`,
        mysql: [
          table(
            'securest_state',
            `id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL, owner VARBINARY(512), expires_ms BIGINT NOT NULL,
  KEY securest_state_by_owner (owner), KEY securest_state_by_end (expires_ms)`,
          ),
        ],
      },
    ],
  },
  {
    name: 'revocations',
    versions: [
      {
        postgres: `
CREATE TABLE securest_revocations (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL, before_ms bigint, expires_ms bigint NOT NULL
);
CREATE INDEX securest_revocations_by_end ON securest_revocations (expires_ms);
`,
        // AUTOINCREMENT, so that a number is not reused after its row is gone.
        sqlite: `
CREATE TABLE securest_revocations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, before_ms INTEGER, expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX securest_revocations_by_end ON securest_revocations (expires_ms);
`,
        mysql: [
          table(
            'securest_revocations',
            `seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, id TEXT CHARACTER SET utf8mb4 NOT NULL, before_ms BIGINT,
  expires_ms BIGINT NOT NULL, KEY securest_revocations_by_end (expires_ms)`,
          ),
        ],
      },
    ],
  },
  {
    name: 'factors',
    versions: [
      {
        postgres: `
CREATE TABLE securest_otp (owner text PRIMARY KEY, username text NOT NULL, value text NOT NULL);
CREATE TABLE securest_passkeys (id text PRIMARY KEY, owner text NOT NULL, username text NOT NULL, value text NOT NULL);
CREATE INDEX securest_passkeys_by_owner ON securest_passkeys (owner);
`,
        sqlite: `
CREATE TABLE securest_otp (owner TEXT NOT NULL PRIMARY KEY, username TEXT NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE securest_passkeys (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, username TEXT NOT NULL, value TEXT NOT NULL
) STRICT;
CREATE INDEX securest_passkeys_by_owner ON securest_passkeys (owner);
`,
        mysql: [
          table(
            'securest_otp',
            `owner CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  username TEXT CHARACTER SET utf8mb4 NOT NULL, value MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL`,
          ),
          table(
            'securest_passkeys',
            `id VARCHAR(1364) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  owner CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, username TEXT CHARACTER SET utf8mb4 NOT NULL,
  value MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL, KEY securest_passkeys_by_owner (owner)`,
          ),
        ],
      },
    ],
  },
];
