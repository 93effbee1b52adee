import { Userstore } from 'securest';
import { SqlUserstore } from 'securest/sql';
import { SqlSettings } from './settings';

/** The users of the database. A change in the database takes effect at the next request. */
@Userstore()
export class Users extends SqlUserstore {
  constructor({ database }: SqlSettings) {
    super({ client: database });
  }
}
