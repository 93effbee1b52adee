/** The command without a process of its own, which takes a third of a second to start. */
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/run-cli';

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Given {
  readonly cwd: string;
  /** All of its standard input. */
  readonly input?: string;
}

const PACKAGES = resolve(__dirname, '../../node_modules');

let before: { readonly folder: string; readonly packages: string | undefined; calls: number } | undefined;

/** Runs the command in a folder, also several at once in the same one. The folder is that of the whole process. */
export async function callCommand(args: readonly string[], { cwd, input = '' }: Given): Promise<Result> {
  let [out, err] = ['', ''];
  enter(cwd);
  try {
    const code = await runCli(args, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      input: Readable.from([Buffer.from(input)]),
    });
    return { code, out, err };
  } finally {
    leave();
  }
}

function enter(folder: string): void {
  before ??= { folder: process.cwd(), packages: process.env.NODE_PATH, calls: 0 };
  before.calls += 1;
  process.chdir(folder);
  // A thread that starts meanwhile loads the compiler of the tests, which the folder does not have.
  process.env.NODE_PATH = PACKAGES;
}

function leave(): void {
  if (before === undefined || (before.calls -= 1) > 0) return;
  process.chdir(before.folder);
  if (before.packages === undefined) delete process.env.NODE_PATH;
  else process.env.NODE_PATH = before.packages;
  before = undefined;
}
