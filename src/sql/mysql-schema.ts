/**
 * The tables of MySQL and MariaDB. Names compare by their bytes, spaces at the end included, by the collation that
 * each of the two has for it. `tokens_valid_from` is in UTC.
 */

const EXACT = 'CHARACTER SET utf8mb4 COLLATE /*M! utf8mb4_nopad_bin */ /*!80017 utf8mb4_0900_bin */';
const NAME = `VARCHAR(255) ${EXACT} NOT NULL`;
const CASCADE = 'ON DELETE CASCADE ON UPDATE CASCADE';
const USER = `FOREIGN KEY (username) REFERENCES securest_users (username) ${CASCADE}`;
const group = (column: string): string =>
  `FOREIGN KEY (${column}) REFERENCES securest_groups (name) ${CASCADE}`;

/** A table with its columns. */
export interface MysqlTable {
  readonly name: string;
  readonly columns: string;
}

/** What each version adds. A released version never changes. */
export const MYSQL_VERSIONS: readonly (readonly MysqlTable[])[] = [
  [
    {
      name: 'securest_users',
      columns: `username ${NAME} PRIMARY KEY CHECK (username <> ''),
  password TEXT ${EXACT},
  email TEXT ${EXACT},
  active TINYINT NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  tokens_valid_from DATETIME(3) NULL,
  username_folded VARCHAR(255) ${EXACT} GENERATED ALWAYS AS (LOWER(username)) VIRTUAL,
  UNIQUE KEY securest_users_folded (username_folded)`,
    },
    { name: 'securest_groups', columns: `name ${NAME} PRIMARY KEY CHECK (name <> '')` },
    {
      name: 'securest_user_roles',
      columns: `username ${NAME}, role ${NAME} CHECK (role <> ''), PRIMARY KEY (username, role), ${USER}`,
    },
    {
      name: 'securest_group_roles',
      columns: `group_name ${NAME}, role ${NAME} CHECK (role <> ''), PRIMARY KEY (group_name, role),
  ${group('group_name')}`,
    },
    {
      name: 'securest_memberships',
      columns: `username ${NAME}, group_name ${NAME}, PRIMARY KEY (username, group_name),
  KEY securest_memberships_by_group (group_name), ${USER}, ${group('group_name')}`,
    },
    {
      name: 'securest_group_parents',
      columns: `group_name ${NAME}, parent_name ${NAME}, PRIMARY KEY (group_name, parent_name),
  KEY securest_group_parents_by_parent (parent_name), ${group('group_name')}, ${group('parent_name')}`,
    },
  ],
];
