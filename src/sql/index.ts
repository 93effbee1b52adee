/** Users in a database. Takes the app's own client; `libsql` is loaded by a SqliteClient only. */
export { migrate } from './migrate';
export type { SqlClient } from './sql-client';
export type { SqlQueries, SqlTable, SqlUserstoreOptions } from './sql-options';
export { SqlUserstore } from './sql-userstore';
export { SqliteClient } from './sqlite-client';
