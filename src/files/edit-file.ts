/**
 * Changes a text file that others read and edit meanwhile: as a whole or not at all, whenever the process is killed.
 *
 * The new text goes into a file beside the old one, with its mode, owner and access control list, reaches the disk and
 * is renamed over it. A symbolic link stays; what it leads to is replaced. A file with several hard links keeps its old
 * text under the other names, which `onNotice` is told.
 */
import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { acquireLock, type EditLock } from './edit-lock';
import { codeOf, FileFault } from './file-fault';
import { fingerprint } from './read-text';
import { FileVersion } from './file-version';
import { beside, NewFile, removeLeftovers } from './new-file';
import type { WrittenVersion } from './watched-file';

export interface FileEditOptions<T> {
  readonly path: string;
  /** Larger texts are neither read nor written. */
  readonly maxBytes: number;
  /** Creates the file when it does not exist, readable by its owner only. @default false */
  readonly create?: boolean;
  /**
   * Works out the new content, in pieces to be written one after the other, and what it holds; undefined leaves the
   * file as it is. It is asked again when the file was changed meanwhile.
   */
  readonly edit: (old: FileVersion) => Promise<{ pieces: readonly Buffer[]; value: T } | undefined>;
  /** Hears of the new version in the turn in which it appeared. */
  readonly onWritten?: (version: WrittenVersion<T>) => void;
  /** Hears, for whoever manages the file, what a replaced file leaves behind. It begins with the path. */
  readonly onNotice?: (notice: string) => void;
  /** How long a file that was just written must stand still first: its writer may not be done. @default 100 */
  readonly settleMs?: number;
  /** How long is waited for others who edit the file. @default 30000 */
  readonly waitMs?: number;
}

const SETTLE_MS = 100;
const WAIT_MS = 30_000;
const MAX_ATTEMPTS = 50;

/**
 * Edits the file, in turns with other processes that do it by this function, and on top of what anybody else writes
 * until then: the bytes are compared in the moment before the renaming, and those of the replaced file once more right
 * after it; when they differ, the other one's file is put back and edited again.
 *
 * What is left are some microseconds in which a file that somebody renames to this place is overtaken; and whoever
 * opened the old file before and writes into it later than that writes into a file that is gone. Editors that write a
 * new file and rename it never do the latter.
 *
 * @throws {FileFault} when it cannot be read or written; what `edit` throws
 */
export async function editFile<T>(options: FileEditOptions<T>): Promise<void> {
  const deadline = performance.now() + (options.waitMs ?? WAIT_MS);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const target = await targetOf(options.path, options.create === true);
    const lock = await acquireLock(beside(target, 'lock'), Math.max(0, deadline - performance.now()));
    try {
      if ((await targetOf(options.path, options.create === true)) !== target) continue;
      if (await attemptEdit(target, options, lock)) return;
    } catch (error) {
      if (error instanceof FileFault || codeOf(error) === 'unknown') throw error;
      throw new FileFault(`cannot be written (${codeOf(error)})`);
    } finally {
      lock.release();
    }
  }
  throw new FileFault('cannot be edited: it changes all the time');
}

function leftBehind(names: bigint): string {
  return (
    `had ${String(names)} hard links: its other names keep the old text, with the old hashes. Link them anew (ln -f), ` +
    'or use symbolic links, which stay'
  );
}

/** The file that the path leads to. */
async function targetOf(path: string, mayBeMissing: boolean): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const isMissing = mayBeMissing && codeOf(error) === 'ENOENT';
    // A link that leads nowhere is there.
    if (isMissing && lstatSync(path, { throwIfNoEntry: false }) === undefined) return resolve(path);
    throw new FileFault(`cannot be read (${codeOf(error)})`);
  }
}

/** False when the file was changed meanwhile. */
async function attemptEdit<T>(target: string, options: FileEditOptions<T>, lock: EditLock): Promise<boolean> {
  removeLeftovers(target);
  // Renaming would also replace a file that was made read-only.
  if (existsSync(target)) accessSync(target, constants.W_OK);
  await standStill(target, options.settleMs ?? SETTLE_MS);
  const old = FileVersion.open(target, options.maxBytes);
  try {
    const next = await options.edit(old);
    if (next === undefined) return true;
    if (next.pieces.reduce((size, { length }) => size + length, 0) > options.maxBytes) {
      throw new FileFault(`would be larger than ${String(options.maxBytes)} bytes`);
    }
    const file = await NewFile.write(target, next.pieces, old);
    try {
      if (!lock.isHeld() || !file.replace(old)) return false;
      options.onWritten?.({ ...file.look(), value: next.value });
      const names = old.stats?.nlink ?? 1n;
      if (names > 1n) options.onNotice?.(`${options.path} ${leftBehind(names)}`);
      await file.reachDisk();
      return true;
    } finally {
      await file.close();
    }
  } finally {
    old.close();
  }
}

/** Waits for a file that was written just now, as its writer may have cut it off and not be done. */
async function standStill(target: string, settleMs: number): Promise<void> {
  if (settleMs === 0) return;
  for (let looks = 0; looks < 100; looks += 1) {
    const { age, seen } = await FileVersion.look(target);
    if (age >= settleMs) return;
    await pause(settleMs - Math.max(0, age));
    if ((await fingerprint(target)) === seen) return;
  }
}
