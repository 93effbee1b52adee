/** Folders that take seconds of work to fill, always with the same: filled once, and copied from then on. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const CACHE = resolve(__dirname, '../../node_modules/.cache/securest-made-once');

/**
 * Fills an empty folder with what a program makes of it.
 * @param program an installer; a newer one makes its files anew, as do other arguments
 * @param make fills the folder if no copy is there
 */
export function fillOnce(folder: string, program: string, args: readonly string[], make: () => void): void {
  const version = `${program} ${String(statSync(program).mtimeMs)} ${args.join(' ')}`;
  const kept = join(CACHE, createHash('sha256').update(version).digest('hex'));
  if (existsSync(kept)) {
    copy(kept, folder);
    return;
  }
  make();
  mkdirSync(CACHE, { recursive: true });
  const copied = mkdtempSync(join(CACHE, 'new-'));
  copy(folder, copied);
  try {
    renameSync(copied, kept);
  } catch {
    // Another process was faster.
    rmSync(copied, { recursive: true });
  }
}

/** With owners and modes: servers of databases insist on them. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', `${from}/.`, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cp failed: ${stderr}`);
}
