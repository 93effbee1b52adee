/**
 * The first start makes the token secret, the demo users and their passwords; later starts find them.
 * A real app gets its secret from where it is deployed, and its users set their own passwords.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { passwords } from 'securest';
import { writeWhole } from './files';
import { Settings } from './settings';

export interface Demo {
  readonly settings: Settings;
  /** The demo users' passwords by user name. */
  readonly logins: Readonly<Record<DemoUser, string>>;
  readonly firstStart: boolean;
}

type DemoUser = 'admin' | 'editor' | 'former';

interface Secrets {
  tokenSecret: string;
  logins: Record<DemoUser, string>;
}

export async function setup(folder: string): Promise<Demo> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const usersFile = join(folder, 'users.yaml');
  const secretsFile = join(folder, 'secrets.json');

  const firstStart = !existsSync(secretsFile);
  if (firstStart) await writeWhole(secretsFile, JSON.stringify(newSecrets(), null, 2));
  const { tokenSecret, logins } = JSON.parse(await readFile(secretsFile, 'utf8')) as Secrets;
  if (!existsSync(usersFile)) await writeWhole(usersFile, await demoUsers(logins));
  return { settings: new Settings(folder, tokenSecret), logins, firstStart };
}

function newSecrets(): Secrets {
  const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
  return { tokenSecret: secret(48), logins: { admin: secret(18), editor: secret(18), former: secret(18) } };
}

async function demoUsers(logins: Secrets['logins']): Promise<string> {
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
