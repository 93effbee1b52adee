/**
 * The tables of MySQL and MariaDB. Names compare by their bytes, trailing spaces included; each of the two servers has
 * its own collation for this. `tokens_valid_from` is in UTC.
 */

const EXACT = 'CHARACTER SET utf8mb4 COLLATE /*M! utf8mb4_nopad_bin */ /*!80017 utf8mb4_0900_bin */';
const NAME = `VARCHAR(255) ${EXACT} NOT NULL`;
const CASCADE = 'ON DELETE CASCADE ON UPDATE CASCADE';
const USER = `FOREIGN KEY (username) REFERENCES securest_users (username) ${CASCADE}`;
const group = (column: string): string =>
  `FOREIGN KEY (${column}) REFERENCES securest_groups (name) ${CASCADE}`;

/** One statement of a version, which commits by itself. */
export interface MysqlStep {
  readonly sql: string;
  /** Returns a row if the step was made. Used when a run completes a version of a killed run. */
  readonly isMade?: string;
  /** Undoes the step. A failed version with a step without it is not undone; the next run completes it. */
  readonly undo?: string;
}

/** A new table. */
export function table(name: string, columns: string): MysqlStep {
  return {
    sql: `CREATE TABLE ${name} (\n  ${columns}\n) ENGINE = InnoDB`,
    isMade: `SELECT 1 AS made FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${name}'`,
    undo: `DROP TABLE ${name}`,
  };
}

/** The steps of each version. A released version never changes. */
export const MYSQL_VERSIONS: readonly (readonly MysqlStep[])[] = [
  [
    table(
      'securest_users',
      `username ${NAME} PRIMARY KEY CHECK (username <> ''),
  password TEXT ${EXACT},
  email TEXT ${EXACT},
  active TINYINT NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  tokens_valid_from DATETIME(3) NULL,
  username_folded VARCHAR(255) ${EXACT} GENERATED ALWAYS AS (LOWER(username)) VIRTUAL,
  UNIQUE KEY securest_users_folded (username_folded)`,
    ),
    table('securest_groups', `name ${NAME} PRIMARY KEY CHECK (name <> '')`),
    table(
      'securest_user_roles',
      `username ${NAME}, role ${NAME} CHECK (role <> ''), PRIMARY KEY (username, role), ${USER}`,
    ),
    table(
      'securest_group_roles',
      `group_name ${NAME}, role ${NAME} CHECK (role <> ''), PRIMARY KEY (group_name, role),
  ${group('group_name')}`,
    ),
    table(
      'securest_memberships',
      `username ${NAME}, group_name ${NAME}, PRIMARY KEY (username, group_name),
  KEY securest_memberships_by_group (group_name), ${USER}, ${group('group_name')}`,
    ),
    table(
      'securest_group_parents',
      `group_name ${NAME}, parent_name ${NAME}, PRIMARY KEY (group_name, parent_name),
  KEY securest_group_parents_by_parent (parent_name), ${group('group_name')}, ${group('parent_name')}`,
    ),
  ],
  [
    {
      sql: `ALTER TABLE securest_users ADD COLUMN id VARCHAR(64) ${EXACT} NULL`,
      isMade: `SELECT 1 AS made FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'securest_users' AND column_name = 'id'`,
    },
    // A separate statement: MySQL refuses to fill a new column with values that differ on a replica.
    {
      sql: `ALTER TABLE securest_users ALTER COLUMN id SET DEFAULT (UUID()),
  ALTER COLUMN tokens_valid_from SET DEFAULT (UTC_TIMESTAMP(3))`,
    },
    { sql: 'UPDATE securest_users SET id = UUID() WHERE id IS NULL' },
    {
      sql: 'ALTER TABLE securest_users ADD UNIQUE KEY securest_users_id (id)',
      isMade: `SELECT 1 AS made FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'securest_users' AND index_name = 'securest_users_id'`,
    },
  ],
];
