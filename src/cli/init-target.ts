import { lstat, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { codeOf } from '../files/file-fault';
import { RefusedError } from './command';

/** The folder of a new app. Nothing is written outside of it. */
export class InitTarget {
  private constructor(readonly root: string) {}

  /** @throws {RefusedError} if something other than a folder is in the way */
  static async at(folder: string): Promise<InitTarget> {
    const path = resolve(folder);
    const stats = await statOf(path);
    if (stats !== undefined) {
      if (!stats.isDirectory()) throw new RefusedError(`${folder} is not a folder`);
      return new InitTarget(await realpath(path));
    }
    if ((await lstatOf(path)) !== undefined) throw new RefusedError(`${folder} is a link that leads nowhere`);
    return new InitTarget(path);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /**
   * Whether the file exists.
   * @throws {RefusedError} if something other than a file is in its place, or a link leads out of the folder
   */
  async has(name: string): Promise<boolean> {
    const above = dirname(name);
    if (above !== '.') {
      const stats = await statOf(this.path(above));
      if (stats === undefined) {
        if ((await lstatOf(this.path(above))) === undefined) return false;
        throw new RefusedError(`${above} is a link that leads nowhere`);
      }
      if (!stats.isDirectory()) throw new RefusedError(`${above} is not a folder`);
      await this.refuseOutside(above);
    }
    const path = this.path(name);
    const stats = await statOf(path);
    if (stats === undefined) {
      if ((await lstatOf(path)) === undefined) return false;
      throw new RefusedError(`${name} is a link that leads nowhere`);
    }
    if (!stats.isFile()) throw new RefusedError(`${name} is not a file`);
    await this.refuseOutside(name);
    return true;
  }

  /** Writes a new file. @returns false if the file exists, which is left alone */
  async write(name: string, text: string): Promise<boolean> {
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(path, text, { flag: 'wx' });
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  private async refuseOutside(name: string): Promise<void> {
    const inside = relative(this.root, await realpath(this.path(name)));
    if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return;
    throw new RefusedError(`${name} is a link that leads out of the folder`);
  }
}

/**
 * Follows links; undefined if nothing exists at the path.
 * @throws {RefusedError} if a file is in the place of a folder on the path
 */
async function statOf(path: string) {
  return present(stat(path));
}

async function lstatOf(path: string) {
  return present(lstat(path));
}

async function present<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR') throw new RefusedError('A file is in the way of the folder');
    if (code === 'ELOOP') throw new RefusedError('Links that lead to each other are in the way');
    throw error;
  }
}
