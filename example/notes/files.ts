import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';

/**
 * Replaces a file's content as a whole: after a crash it is the old content or the new, never a part.
 * Only the owner may read it.
 */
export async function writeWhole(path: string, content: string): Promise<void> {
  await beside(path, content, (temporary) => rename(temporary, path));
}

/** Makes a file as a whole. False where there is one, which stays as it is. */
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
