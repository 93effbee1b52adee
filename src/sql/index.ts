/**
 * Users, state, second factors and revocations in a database, through the app's own client. Only a SqliteClient loads
 * `libsql`; nothing here loads `mysql2`.
 */
export { migrate } from './migrate';
export { MysqlClient, type MysqlClientOptions, type MysqlConnection, type MysqlPool } from './mysql-client';
export type { DatabaseClient, SqlClient } from './sql-client';
export type { SqlQueries, SqlTable, SqlUserstoreOptions } from './sql-options';
export { SqlRevocationLog, type SqlRevocationLogOptions } from './sql-revocation-log';
export { SqlFactors, type SqlFactorsOptions } from './sql-factors';
export { SqlState, type SqlStateOptions } from './sql-state';
export { SqlUserstore } from './sql-userstore';
export { SqliteClient } from './sqlite-client';
