/**
 * Changes a text file that other processes read and edit meanwhile. A change is complete or does not happen, even if
 * the process is killed.
 *
 * The new text is written to a file beside the old file, with its mode, owner and access control list, reaches the disk
 * and is renamed over the old file. A symbolic link stays; its target is replaced. A file with several hard links keeps
 * its old text under the other names, which is reported to `onNotice`.
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
   * Computes the new content, in pieces to be written one after the other, and its parsed value; undefined leaves the
   * file unchanged. It is called again if the file was changed meanwhile.
   */
  readonly edit: (old: FileVersion) => Promise<{ pieces: readonly Buffer[]; value: T } | undefined>;
  /** Receives the new version in the same turn of the event loop in which it took the place of the old version. */
  readonly onWritten?: (version: WrittenVersion<T>) => void;
  /** Receives a notice for the administrator about the remains of a replaced file. It begins with the path. */
  readonly onNotice?: (notice: string) => void;
  /** How long the file must be unchanged before it is edited, in ms: its writer may not be done. @default 100 */
  readonly settleMs?: number;
  /** How long to wait for other processes that edit the file, in milliseconds. @default 30000 */
  readonly waitMs?: number;
}

const SETTLE_MS = 100;
const WAIT_MS = 30_000;
const MAX_ATTEMPTS = 50;

/**
 * Edits the file. Processes that use this function take turns. Changes by other programs are kept: the bytes are
 * compared just before the rename, and the bytes of the replaced file again right after it. If they differ, the other
 * program's file is restored and edited again.
 *
 * Two gaps remain. A file that another program renames to this path within some microseconds is overwritten. A program
 * that opened the old file earlier and writes into it after the second comparison writes into a deleted file; editors
 * that write a new file and rename it never do so.
 *
 * @throws {FileFault} if the file cannot be read or written; rethrows an error of `edit`
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

/** The file at the path, with symbolic links resolved. */
async function targetOf(path: string, mayBeMissing: boolean): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const isMissing = mayBeMissing && codeOf(error) === 'ENOENT';
    // A dangling symbolic link is not a missing file.
    if (isMissing && lstatSync(path, { throwIfNoEntry: false }) === undefined) return resolve(path);
    throw new FileFault(`cannot be read (${codeOf(error)})`);
  }
}

/** False if the file was changed meanwhile. */
async function attemptEdit<T>(target: string, options: FileEditOptions<T>, lock: EditLock): Promise<boolean> {
  removeLeftovers(target);
  // A rename would also replace a read-only file.
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

/** Waits if the file was written just now: its writer may have truncated it and not be done. */
async function standStill(target: string, settleMs: number): Promise<void> {
  if (settleMs === 0) return;
  for (let looks = 0; looks < 100; looks += 1) {
    const { age, seen } = await FileVersion.look(target);
    if (age >= settleMs) return;
    await pause(settleMs - Math.max(0, age));
    if ((await fingerprint(target)) === seen) return;
  }
}
