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

/** The path of a helper file of this one: hidden, in the same folder. */
export function beside(target: string, name: string): string {
  return join(dirname(target), `.${basename(target)}.${name}`);
}

/** Removes what a killed process left behind. Only who holds the lock may do it. */
export function removeLeftovers(target: string): void {
  const prefix = `.${basename(target)}.`;
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(prefix) && LEFTOVER.test(name.slice(prefix.length)))
      remove(join(dirname(target), name));
  }
}

/** A complete file that waits to take another one's place. */
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
   * Writes it with the mode, the owner and the access control list of the old one.
   * @throws {FileFault} when it cannot have them
   */
  static async write(target: string, pieces: readonly Buffer[], old: FileVersion): Promise<NewFile> {
    const path = beside(target, `${randomBytes(8).toString('hex')}.new`);
    const file = new NewFile(target, path, await open(path, 'wx', CREATED_MODE), pieces);
    try {
      await file.belongAs(path, old);
      // Each goes on where the last one ended.
      for (const piece of pieces) await file.handle.writeFile(piece);
      await file.handle.sync();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** False, with everything as it was, when the old file is no longer what was read. */
  replace(old: FileVersion): boolean {
    if (this.#path === undefined) return false;
    const kept = beside(this.target, `${randomBytes(8).toString('hex')}.old`);
    try {
      const isKept = old.stats !== undefined && link(this.target, kept);
      if (!old.isCurrent()) return false;
      renameSync(this.#path, this.target);
      this.#path = undefined;
      if (old.isUntouched()) return true;
      // Somebody wrote into the old file between the last look and the renaming.
      if (!isKept) writeFileSync(kept, old.read(), { mode: Number(old.stats?.mode ?? 0n) & 0o7777 });
      renameSync(kept, this.target);
      return false;
    } finally {
      remove(kept);
    }
  }

  /** What the watching of the file would find. */
  look(): { digest: string; fingerprint: string } {
    return {
      digest: digestOf(...this.pieces),
      fingerprint: fingerprintOf(fstatSync(this.handle.fd, { bigint: true })),
    };
  }

  /** Makes the renaming last through a power cut, where the system can. */
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

  /** Removes it, where it took nobody's place. */
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
    // Before the mode, whose bits for the group would make a list from the folder count.
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
    // Gone already, or its folder: the next edit removes it.
  }
}
