/** A permission file for a test, and a provider of path permissions that reads it. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthorizationProviderInterface, type Constructor, PathPermissions } from '../../src';
import { provider } from './scripted';

/** Authenticates `X-User: ann editor+reader`: a name and its roles. */
export const byHeader = provider(
  'by-header',
  (request) => {
    const [username = '', roles = ''] = request.header('x-user')?.split(' ') ?? [];
    if (username === '') return null;
    return { username, roles: roles.split('+').filter((role) => role !== '') };
  },
  { credential: 'x-user' },
);

export class PermissionFile implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'securest-'));
  readonly path = join(this.folder, 'permissions.yaml');
  private readonly open: PathPermissions[] = [];

  constructor(text: string) {
    writeFileSync(this.path, text);
  }

  /** Renames a new version over the present file. */
  replace(text: string): void {
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
  }

  provider(options: { mountPath?: string } = {}): Constructor<AuthorizationProviderInterface> {
    const { path, open } = this;
    return class Paths extends PathPermissions {
      constructor() {
        super({ path, pollMs: 2, ...options });
        open.push(this);
      }
    };
  }

  [Symbol.dispose](): void {
    for (const permissions of this.open) permissions.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
