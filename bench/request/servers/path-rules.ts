import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuthorizationProviderInterface, Constructor } from '../../../src';
import type { Library } from '../library';

/** Path permissions of so many rules, among them the ones of the measured routes. */
export function permissionClass(
  { securest }: Library,
  rules: number,
): Constructor<AuthorizationProviderInterface> {
  const directory = mkdtempSync(path.join(tmpdir(), 'securest-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'permissions.yaml');
  const lines = (effect: string) =>
    Array.from({ length: rules / 2 }, (_, id) => `    /${effect}${String(id)}/*/notes: GET\n`).join('');
  writeFileSync(
    file,
    `admin:\n  allow:\n    /token: POST\n    /guarded: GET\n    /admin: GET\n${lines('allowed')}  deny:\n${lines('denied')}`,
  );
  return class Permissions extends securest.PathPermissions {
    constructor() {
      super({ path: file });
    }
  };
}
