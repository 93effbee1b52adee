import { existsSync } from 'node:fs';
import type { UserDirectory } from '../core/user-directory';
import { FileUserDirectory } from '../userstores/file-directory';
import { UsageError } from './command';

/**
 * Where the users are that a command works on: the path of a user file.
 * @param create whether to make the file where there is none; undefined for commands that never do
 * @throws {UsageError} for an address of a database
 */
export function openDirectory(target: string, create?: boolean): UserDirectory {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1];
  if (scheme !== undefined) throw new UsageError(`Users of ${scheme}:// cannot be managed: name a user file`);
  if (create === false && !existsSync(target)) throw new Error(`There is no ${target}: --create makes it`);
  return new FileUserDirectory({ path: target, create: create === true });
}

/** Opens it, and closes it whatever comes of the work. */
export async function withDirectory<T>(
  target: string,
  work: (directory: UserDirectory) => Promise<T>,
  create?: boolean,
): Promise<T> {
  const directory = openDirectory(target, create);
  try {
    return await work(directory);
  } finally {
    await directory.close();
  }
}
