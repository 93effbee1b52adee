/**
 * The first start creates the token secret, the demo users and their passwords; later starts find them.
 * A real app gets its secret from its deployment, and its users set their own passwords.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { passwords } from 'securest';
import { writeWhole } from './files';
import { type Logins, readSecrets } from './secrets';
import { Settings } from './settings';

/** @typeParam S the settings that the app needs before it can start */
export interface Demo<S extends Settings = Settings> {
  readonly settings: S;
  readonly logins: Logins;
  readonly firstStart: boolean;
}

export async function setup(folder: string): Promise<Demo> {
  const { tokenSecret, logins, firstStart } = await readSecrets(folder);
  const usersFile = join(folder, 'users.yaml');
  if (!existsSync(usersFile)) await writeWhole(usersFile, await demoUsers(logins));
  return { settings: new Settings(folder, tokenSecret), logins, firstStart };
}

async function demoUsers(logins: Logins): Promise<string> {
  return `# Read again whenever it changes: try \`active: true\` below, without a restart.
users:
  - username: admin
    password: ${await passwords.hash(logins.admin)}
    email: admin@example.org
    groups: [admins]
  - username: editor
    password: ${await passwords.hash(logins.editor)}
    email: editor@example.org
    groups: [editors]
  - username: former
    password: ${await passwords.hash(logins.former)}
    email: former@example.org
    active: false
    groups: [editors]

groups:
  - name: editors
    roles: [editor]
  - name: admins # an admin is an editor too, by the app's role hierarchy
    roles: [admin]
`;
}
