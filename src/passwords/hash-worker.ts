/** What a thread of the pool runs: one hash computation at a time. */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';

export type HashTask =
  | { readonly kind: 'hash'; readonly password: string; readonly salt: string }
  | { readonly kind: 'verify'; readonly password: string; readonly hash: string };

/** The packages that can do it, in the order in which they are tried. */
export type Engine = 'bcrypt' | 'bcryptjs';

interface Bcrypt {
  hashSync(password: string, salt: string): string;
  compareSync(password: string, hash: string): boolean;
}

// On Linux a thread has a priority of its own: where the cores are busy, the event loop goes first.
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + 5));

let loaded: Promise<Bcrypt> | undefined;

export async function work(task: HashTask): Promise<string | boolean> {
  loaded ??= load(enginesOf(workerData));
  const bcrypt = await loaded;
  if (task.kind === 'hash') return bcrypt.hashSync(task.password, task.salt);
  // The native package does not know `$2y$`, which is the same as `$2b$`.
  return bcrypt.compareSync(task.password, task.hash.replace(/^\$2y\$/, '$2b$'));
}

async function load([first, ...others]: readonly Engine[]): Promise<Bcrypt> {
  try {
    // Under `import()` a CommonJS package is the default of its module.
    const { default: bcrypt } = (await import(first ?? 'bcryptjs')) as { default: Bcrypt };
    return bcrypt;
  } catch (error) {
    if (others.length === 0) throw error;
    return load(others);
  }
}

/** The pool hands its own data over beside it. */
function enginesOf(data: unknown): readonly Engine[] {
  const { engines } = (Array.isArray(data) ? data[1] : data) as { engines: readonly Engine[] };
  return engines;
}
