/**
 * A lock between the processes that edit the same file: a symbolic link beside it with the holder's name as its target,
 * so it is created together with its content. A killed holder leaves its lock behind. The next process removes it at
 * once if it can see that the holder is gone or that another process has its number. Across machines and containers it
 * cannot see this; there a lock counts as abandoned if it has not been touched for ten seconds.
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
  /** False if another process removed the lock because this process was suspended for long. */
  isHeld(): boolean;
  release(): void;
}

/** @throws {FileFault} if other processes hold the lock for `waitMs`, or the folder is not writable */
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

/** For each foreign holder: when its lock was last touched, and since when this process has seen that value. */
type Watched = Map<string, { touched: string; since: number }>;

/** False if the lock exists already. */
function create(path: string, holder: string): boolean {
  try {
    symlinkSync(holder, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'].includes(codeOf(error))) throw refusal(error);
  }
  // Without support for symbolic links a file is used; its content appears a moment after the file.
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

/** Undefined if the lock is gone. */
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
 * Removes an abandoned lock, and never a newer lock: the remover must hold a second lock with the name of the abandoned
 * holder, and a late remover finds another holder.
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
    // Only processes that cannot see this process need the touch.
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

/** Identifies the scope of process numbers: this machine since its boot, and this container. */
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

/** The start time of a process, in the kernel's ticks. Empty for a zombie. */
function startOf(pid: number): string | undefined {
  // The program's name comes first, in parentheses, and may contain any character.
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
