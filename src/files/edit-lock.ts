/**
 * A lock between the processes that edit one file: a symbolic link beside it whose target names the holder, made in
 * one step with its content. A holder that was killed leaves it behind, and the next one takes it away at once: where
 * it can see that the process is gone, or that another process has its number. Across machines and containers, where
 * it cannot see that, a lock is left behind when it has not been touched for ten seconds.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  lutimesSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, FileFault } from './file-fault';

const TOUCH_MS = 1000;
const UNTOUCHED_MS = 10_000;
const RETRY_MS = 10;

export interface EditLock {
  /** False when somebody took the lock away, after this process had stood still for long. */
  isHeld(): boolean;
  release(): void;
}

/** @throws {FileFault} when it is held by others for `waitMs`, or the folder cannot be written to */
export async function acquireLock(path: string, waitMs: number): Promise<EditLock> {
  const own = [HOST, process.pid, startOf(process.pid) ?? '', randomBytes(8).toString('hex')].join(':');
  const deadline = performance.now() + waitMs;
  const watched: Watched = new Map();
  while (!create(path, own)) {
    const holder = holderOf(path);
    if (holder !== undefined && isLeftBehind(path, holder, watched)) remove(path, holder, own, watched);
    else if (performance.now() > deadline) {
      throw new FileFault('cannot be edited: another process has been editing it for too long');
    } else await pause(RETRY_MS * (1 + Math.random()));
  }
  const touching = setInterval(() => {
    touch(path, own);
  }, TOUCH_MS).unref();
  return {
    isHeld: () => holderOf(path) === own,
    release: () => {
      clearInterval(touching);
      if (holderOf(path) === own) unlink(path);
    },
  };
}

/** When each foreign holder's lock was touched, and since when that has been seen. */
type Watched = Map<string, { touched: string; since: number }>;

/** False when it is there already. */
function create(path: string, holder: string): boolean {
  try {
    symlinkSync(holder, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'].includes(codeOf(error))) throw refusal(error);
  }
  // Where there are no symbolic links, a file; its content comes a moment after it.
  try {
    writeFileSync(path, holder, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw refusal(error);
  }
}

function refusal(error: unknown): FileFault {
  return new FileFault(`cannot be written: its folder refuses a lock beside it (${codeOf(error)})`);
}

/** Undefined when the file is gone. */
function holderOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1').slice(0, 256);
  } catch {
    return undefined;
  }
}

function isLeftBehind(path: string, holder: string, watched: Watched): boolean {
  const [host, pid, start] = holder.split(':');
  if (host === HOST && /^\d+$/.test(pid ?? '')) {
    const state = stateOf(Number(pid), start ?? '');
    if (state !== 'unknown') return state === 'gone';
  }
  const touched = touchedAt(path);
  const seen = watched.get(holder);
  if (seen?.touched !== touched) {
    watched.set(holder, { touched, since: performance.now() });
    return false;
  }
  return performance.now() - seen.since > UNTOUCHED_MS;
}

/**
 * Takes a lock away that was left behind, and no other: for that only who holds the lock of this holder's name may do
 * it, and whoever comes late finds another holder.
 */
function remove(path: string, holder: string, own: string, watched: Watched): void {
  const breaker = `${path}-${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!create(breaker, own)) {
    const other = holderOf(breaker);
    if (other !== undefined && isLeftBehind(breaker, other, watched)) remove(breaker, other, own, watched);
    return;
  }
  if (holderOf(path) === holder) unlink(path);
  unlink(breaker);
}

function touch(path: string, own: string): void {
  if (holderOf(path) !== own) return;
  try {
    const now = new Date();
    lutimesSync(path, now, now);
  } catch {
    // It is only needed by those who cannot see this process.
  }
}

function touchedAt(path: string): string {
  try {
    return String(lstatSync(path, { bigint: true }).mtimeNs);
  } catch {
    return '';
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}

/** Where process numbers mean what they mean here: this machine since it was started, and this container. */
const HOST = createHash('sha256')
  .update([hostname(), textOf('/proc/sys/kernel/random/boot_id'), namespaceOf()].join('\n'))
  .digest('hex')
  .slice(0, 16);

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** When a process started, in the kernel's ticks. Empty for a zombie. */
function startOf(pid: number): string | undefined {
  // The name of the program stands before, in parentheses, and may hold anything.
  const fields = /\) (.*)$/s.exec(textOf(`/proc/${String(pid)}/stat`))?.[1]?.split(' ');
  if (fields === undefined) return undefined;
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : fields[19];
}

function stateOf(pid: number, start: string): 'gone' | 'there' | 'unknown' {
  const now = startOf(pid);
  if (now !== undefined && start !== '') return now === start ? 'there' : 'gone';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return 'gone';
  }
  return pid === process.pid ? 'there' : 'unknown';
}
