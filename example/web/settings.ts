import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SqlClient } from 'securest/sql';
import { makeWhole } from '../notes/files';

/** What the app must know before it can start. */
export class WebSettings {
  constructor(
    readonly database: SqlClient,
    /** Where browsers find it: passkeys need a name, `localhost` here. */
    readonly url: string,
    /** The provider where people of the company log in. */
    readonly issuer: string,
    readonly secrets: WebSecrets,
  ) {}
}

export interface WebSecrets {
  /** Encrypts the keys of one-time codes, and signs the challenges of passkeys. */
  readonly factors: string;
  /** By which the app proves itself at the provider. */
  readonly client: string;
}

/** The secrets that a folder keeps, made at the first start. A real app gets them from where it is deployed. */
export async function readWebSecrets(folder: string): Promise<WebSecrets> {
  const path = join(folder, 'web-secrets.json');
  const secret = () => randomBytes(48).toString('base64url');
  await makeWhole(path, JSON.stringify({ factors: secret(), client: secret() }, null, 2));
  return JSON.parse(await readFile(path, 'utf8')) as WebSecrets;
}
