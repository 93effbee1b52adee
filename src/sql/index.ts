/** Users, state and revocations in a database. Takes the app's own client; `libsql` is loaded by a SqliteClient only, and `mysql2` by nobody. */
export { migrate } from './migrate';
export { MysqlClient, type MysqlClientOptions, type MysqlConnection, type MysqlPool } from './mysql-client';
export type { DatabaseClient, SqlClient } from './sql-client';
export type { SqlQueries, SqlTable, SqlUserstoreOptions } from './sql-options';
export { SqlRevocationLog, type SqlRevocationLogOptions } from './sql-revocation-log';
export { SqlFactors, type SqlFactorsOptions } from './sql-factors';
export { SqlState, type SqlStateOptions } from './sql-state';
export { SqlUserstore } from './sql-userstore';
export { SqliteClient } from './sqlite-client';
