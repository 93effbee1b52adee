import type { SqlQueries, SqlTable } from './sql-options';

export type RowField =
  'username' | 'name' | 'password' | 'email' | 'active' | 'roles' | 'groups' | 'tokensValidFrom';

/** Names the origin of a field for an error: the column, and the option that names the column. */
export type RowOrigin = (field: RowField) => string;

/** Rows of securest's own tables. */
export const ownOrigin: RowOrigin = (field) =>
  field === 'roles' || field === 'groups'
    ? `the list of ${field} of securest_users`
    : `column ${columnOf(field)} of securest_users`;

/** Rows of `getUser`. */
export function userOrigin({
  table,
  queries,
}: {
  readonly table?: SqlTable | undefined;
  readonly queries?: SqlQueries;
}): RowOrigin {
  if (queries?.getUser !== undefined) return queryOrigin('getUser');
  if (table === undefined) return ownOrigin;
  return (field) => {
    const column = field === 'name' ? undefined : table[field];
    return `column ${JSON.stringify(column ?? field)} of table ${table.name} (option table.${field})`;
  };
}

/** Rows of the app's own statement. */
export function queryOrigin(query: 'getUser' | 'getGroup' | 'listRoles'): RowOrigin {
  return (field) => `column ${columnOf(field)} of queries.${query}`;
}

function columnOf(field: RowField): string {
  return field === 'tokensValidFrom' ? 'tokens_valid_from' : field;
}
