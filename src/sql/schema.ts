/**
 * The tables that securest provides for apps without their own. A name is found only in its exact spelling, and no two
 * names differ only in case.
 */

export type Dialect = 'postgres' | 'sqlite' | 'mysql';
/** The dialects that create their tables with the same statements. */
export type TransactionalDialect = Exclude<Dialect, 'mysql'>;

interface Types {
  readonly flag: string;
  readonly time: string;
  readonly end: string;
  /** Adds an id to users, and for new users the time of their creation as `tokens_valid_from`. */
  readonly created: string;
}

/** PostgreSQL evaluates the default once for each existing user. */
const POSTGRES_CREATED = `
ALTER TABLE securest_users
  ADD COLUMN id text NOT NULL DEFAULT gen_random_uuid()::text CONSTRAINT securest_users_id UNIQUE,
  ALTER COLUMN tokens_valid_from SET DEFAULT date_trunc('milliseconds', now());
`;

/**
 * A trigger, since SQLite accepts no default that differs by row for an added column, and an INSERT may set the columns
 * to NULL.
 */
const SQLITE_CREATED = `
ALTER TABLE securest_users ADD COLUMN id TEXT CHECK (id <> '');
UPDATE securest_users SET id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX securest_users_id ON securest_users (id);
CREATE TRIGGER securest_users_created AFTER INSERT ON securest_users
WHEN NEW.id IS NULL OR NEW.tokens_valid_from IS NULL
BEGIN
  UPDATE securest_users SET
    id = coalesce(NEW.id, lower(hex(randomblob(16)))),
    tokens_valid_from = coalesce(NEW.tokens_valid_from, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  WHERE username = NEW.username;
END;
`;

const TYPES: Readonly<Record<TransactionalDialect, Types>> = {
  postgres: {
    flag: 'boolean NOT NULL DEFAULT true',
    time: 'timestamptz',
    end: '',
    created: POSTGRES_CREATED,
  },
  sqlite: {
    flag: 'INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))',
    time: "TEXT CHECK (tokens_valid_from IS NULL OR (julianday(tokens_valid_from) > 0 AND tokens_valid_from LIKE '%Z') IS TRUE)",
    end: ' STRICT',
    created: SQLITE_CREATED,
  },
};

/** The statements of each version. A new version appends an entry; a released version never changes. */
const VERSIONS: readonly ((types: Types) => string)[] = [
  ({ flag, time, end }) => `
CREATE TABLE securest_users (
  username text NOT NULL PRIMARY KEY CHECK (username <> ''),
  password text,
  email text,
  active ${flag},
  tokens_valid_from ${time}
)${end};
CREATE UNIQUE INDEX securest_users_folded ON securest_users (lower(username));
CREATE TABLE securest_groups (
  name text NOT NULL PRIMARY KEY CHECK (name <> '')
)${end};
CREATE TABLE securest_user_roles (
  username text NOT NULL REFERENCES securest_users ON DELETE CASCADE ON UPDATE CASCADE,
  role text NOT NULL CHECK (role <> ''),
  PRIMARY KEY (username, role)
)${end};
CREATE TABLE securest_group_roles (
  group_name text NOT NULL REFERENCES securest_groups ON DELETE CASCADE ON UPDATE CASCADE,
  role text NOT NULL CHECK (role <> ''),
  PRIMARY KEY (group_name, role)
)${end};
CREATE TABLE securest_memberships (
  username text NOT NULL REFERENCES securest_users ON DELETE CASCADE ON UPDATE CASCADE,
  group_name text NOT NULL REFERENCES securest_groups ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (username, group_name)
)${end};
CREATE INDEX securest_memberships_by_group ON securest_memberships (group_name);
CREATE TABLE securest_group_parents (
  group_name text NOT NULL REFERENCES securest_groups ON DELETE CASCADE ON UPDATE CASCADE,
  parent_name text NOT NULL REFERENCES securest_groups ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (group_name, parent_name)
)${end};
CREATE INDEX securest_group_parents_by_parent ON securest_group_parents (parent_name);
`,
  ({ created }) => created,
];

/** The statements of each version, from 1. */
export function versionsIn(dialect: TransactionalDialect): string[] {
  return VERSIONS.map((statements) => statements(TYPES[dialect]));
}
