import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';

/**
 * Replaces a file's content atomically: after a crash the file has the old or the new content, never a part.
 * Only the owner may read it.
 */
export async function writeWhole(path: string, content: string): Promise<void> {
  await beside(path, content, (temporary) => rename(temporary, path));
}

/** Creates a file atomically. False if the file exists, which is left alone. */
export async function makeWhole(path: string, content: string): Promise<boolean> {
  try {
    await beside(path, content, (temporary) => link(temporary, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function beside(
  path: string,
  content: string,
  put: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx', flush: true });
    await put(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}
