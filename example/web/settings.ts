import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SqlClient } from 'securest/sql';
import { makeWhole } from '../notes/files';

/** The settings that the app needs before it can start. */
export class WebSettings {
  constructor(
    readonly database: SqlClient,
    /** The URL of the app for browsers. Passkeys need a host name, here `localhost`. */
    readonly url: string,
    /** The provider at which employees of the company log in. */
    readonly issuer: string,
    readonly secrets: WebSecrets,
  ) {}
}

export interface WebSecrets {
  /** Encrypts the keys of one-time codes, and signs the challenges of passkeys. */
  readonly factors: string;
  /** The client secret of the app at the provider. */
  readonly client: string;
}

/** The secrets of a folder, created at the first start. A real app gets them from its deployment. */
export async function readWebSecrets(folder: string): Promise<WebSecrets> {
  const path = join(folder, 'web-secrets.json');
  const secret = () => randomBytes(48).toString('base64url');
  await makeWhole(path, JSON.stringify({ factors: secret(), client: secret() }, null, 2));
  return JSON.parse(await readFile(path, 'utf8')) as WebSecrets;
}
