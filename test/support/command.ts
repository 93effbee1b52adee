/** The command without a process of its own, which takes a third of a second to start. */
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

let before: { readonly folder: string; calls: number } | undefined;

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
  before ??= { folder: process.cwd(), calls: 0 };
  before.calls += 1;
  process.chdir(folder);
}

function leave(): void {
  if (before === undefined || (before.calls -= 1) > 0) return;
  process.chdir(before.folder);
  before = undefined;
}
