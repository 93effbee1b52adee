import { type SqlClient, SqlState } from 'securest/sql';
import { Settings } from '../notes/settings';

/** The settings of the notes app, and its database. */
export class SqlSettings extends Settings {
  constructor(
    folder: string,
    tokenSecret: string,
    readonly database: SqlClient,
  ) {
    super(folder, tokenSecret, new SqlState({ client: database }));
  }
}
