import { join } from 'node:path';
import { AuthorizationProvider, PathPermissions } from 'securest';

/** The permissions of permissions.yaml, checked for every action. */
@AuthorizationProvider()
export class Permissions extends PathPermissions {
  constructor() {
    super({ path: join(__dirname, 'permissions.yaml') });
  }
}
