import { randomBytes } from 'node:crypto';
import { fstatSync, linkSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { keepAccessList } from './access-list';
import { codeOf, FileFault } from './file-fault';
import type { FileVersion } from './file-version';
import { digestOf, fingerprintOf } from './read-text';

const CREATED_MODE = 0o600;
const LEFTOVER = /^(?:[0-9a-f]{16}\.(?:new|old)|lock-[0-9a-f-]+)$/;

/** The path of a hidden helper file in the same folder. */
export function beside(target: string, name: string): string {
  return join(dirname(target), `.${basename(target)}.${name}`);
}

/** Removes the helper files of a killed process. Only the holder of the lock may call it. */
export function removeLeftovers(target: string): void {
  const prefix = `.${basename(target)}.`;
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(prefix) && LEFTOVER.test(name.slice(prefix.length)))
      remove(join(dirname(target), name));
  }
}

/** A complete file that is about to replace another file. */
export class NewFile {
  #path: string | undefined;

  private constructor(
    private readonly target: string,
    path: string,
    private readonly handle: FileHandle,
    private readonly pieces: readonly Buffer[],
  ) {
    this.#path = path;
  }

  /**
   * Writes the file with the mode, the owner and the access control list of the old file.
   * @throws {FileFault} if they cannot be set
   */
  static async write(target: string, pieces: readonly Buffer[], old: FileVersion): Promise<NewFile> {
    const path = beside(target, `${randomBytes(8).toString('hex')}.new`);
    const file = new NewFile(target, path, await open(path, 'wx', CREATED_MODE), pieces);
    try {
      await file.belongAs(path, old);
      // With a handle, each write continues at the end of the previous write.
      for (const piece of pieces) await file.handle.writeFile(piece);
      await file.handle.sync();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** False, without any change, if the old file has changed since it was read. */
  replace(old: FileVersion): boolean {
    if (this.#path === undefined) return false;
    const kept = beside(this.target, `${randomBytes(8).toString('hex')}.old`);
    try {
      const isKept = old.stats !== undefined && link(this.target, kept);
      if (!old.isCurrent()) return false;
      renameSync(this.#path, this.target);
      this.#path = undefined;
      if (old.isUntouched()) return true;
      // Another program wrote into the old file between the last check and the rename.
      if (!isKept) writeFileSync(kept, old.read(), { mode: Number(old.stats?.mode ?? 0n) & 0o7777 });
      renameSync(kept, this.target);
      return false;
    } finally {
      remove(kept);
    }
  }

  /** The digest and fingerprint that the watcher of the file would find. */
  look(): { digest: string; fingerprint: string } {
    return {
      digest: digestOf(...this.pieces),
      fingerprint: fingerprintOf(fstatSync(this.handle.fd, { bigint: true })),
    };
  }

  /** Makes the rename survive a power failure, if the system supports this. */
  async reachDisk(): Promise<void> {
    try {
      const folder = await open(dirname(this.target), 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error;
    }
  }

  /** Closes the file, and removes it if it has not replaced the old file. */
  async close(): Promise<void> {
    await this.handle.close();
    if (this.#path !== undefined) remove(this.#path);
  }

  private async belongAs(path: string, { stats: old, descriptor }: FileVersion): Promise<void> {
    if (old === undefined || descriptor === undefined || process.platform === 'win32') return;
    const own = await this.handle.stat({ bigint: true });
    if (own.uid !== old.uid || own.gid !== old.gid) {
      try {
        await this.handle.chown(Number(old.uid), Number(old.gid));
      } catch (error) {
        throw new FileFault(`cannot be replaced: its owner or group could not be kept (${codeOf(error)})`);
      }
    }
    // Before the mode: its group bits would activate a list that was inherited from the folder.
    await keepAccessList({ path: this.target, descriptor }, { path, descriptor: this.handle.fd });
    await this.handle.chmod(Number(old.mode & 0o7777n));
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    // Not every file system has hard links.
    return false;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already; otherwise the next edit removes it.
  }
}
