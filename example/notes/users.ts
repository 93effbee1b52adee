import { join } from 'node:path';
import { FileUserstore, Userstore } from 'securest';
import { Settings } from './settings';

/** The users and groups of users.yaml. The file is read again when it changes. */
@Userstore()
export class Users extends FileUserstore {
  constructor(settings: Settings) {
    super({ path: join(settings.folder, 'users.yaml') });
  }
}
