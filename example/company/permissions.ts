import { join } from 'node:path';
import { AuthorizationProvider, PathPermissions } from 'securest';

/** The roles of permissions.yaml, asked for every action. */
@AuthorizationProvider()
export class Permissions extends PathPermissions {
  constructor() {
    super({ path: join(__dirname, 'permissions.yaml') });
  }
}
