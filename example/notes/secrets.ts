import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWhole } from './files';

/** The demo users' passwords by user name. */
export type Logins = Readonly<Record<'admin' | 'editor' | 'former', string>>;

export interface Secrets {
  readonly tokenSecret: string;
  readonly logins: Logins;
  /** True if this start created the secrets. */
  readonly firstStart: boolean;
}

/** The secrets of a folder. The first start creates the folder and the secrets, for their owner only. */
export async function readSecrets(folder: string): Promise<Secrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'secrets.json');
  const firstStart = !existsSync(path) && (await makeWhole(path, JSON.stringify(newSecrets(), null, 2)));
  const kept = JSON.parse(await readFile(path, 'utf8')) as Omit<Secrets, 'firstStart'>;
  return { ...kept, firstStart };
}

function newSecrets(): Omit<Secrets, 'firstStart'> {
  const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
  return { tokenSecret: secret(48), logins: { admin: secret(18), editor: secret(18), former: secret(18) } };
}
