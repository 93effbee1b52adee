#!/usr/bin/env node
/**
 * Runs the command, and ends the process once the output has been written. Otherwise a pool, timer or server that a
 * loaded app leaves open would keep it alive.
 */
import { codeOf } from '../files/file-fault';
import { printable } from '../util/printable';
import { runCli } from './run-cli';

const UNWRITTEN = 2;
const FAILED = 2;
let unwritten: typeof UNWRITTEN | undefined;
let isDone = false;

// Taken before an app is loaded, because the app may replace them.
const exit = process.exit.bind(process);
const out = process.stdout.write.bind(process.stdout) as Write;
const err = process.stderr.write.bind(process.stderr) as Write;

type Write = (text: string, done?: () => void) => boolean;

process.stdout.on('error', (error) => {
  // A reader that stops reading, such as `head`, is not a failure: the command's exit code stays.
  if (codeOf(error) === 'EPIPE' || unwritten !== undefined) return;
  unwritten = process.exitCode = UNWRITTEN;
  err(`securest: the output cannot be written (${codeOf(error)})\n`);
});
process.stderr.on('error', () => undefined);

// If the app ends the process, or a promise never settles, the exit code must not look like a check without changes.
process.on('exit', () => {
  if (isDone) return;
  process.exitCode = FAILED;
  err('securest: the process ended before the command\n');
});
process.on('uncaughtException', (error: unknown) => {
  if (isDone) return;
  err(`securest: ${printable(error instanceof Error ? error.message : String(error), 2000)}\n`);
  end(FAILED);
});

void runCli(process.argv.slice(2), { out, err }).then((code) => {
  end(unwritten ?? code);
});

function end(code: number): void {
  isDone = true;
  let open = 2;
  const written = () => {
    open -= 1;
    // A failed write is reported a moment later.
    if (open === 0) setImmediate(() => exit(unwritten ?? code));
  };
  out('', written);
  err('', written);
}
