#!/usr/bin/env node
import { codeOf } from '../files/file-fault';
import { runCli } from './run-cli';

const UNWRITTEN = 2;
let unwritten: typeof UNWRITTEN | undefined;

process.stdout.on('error', (error) => {
  // Who reads no more, as `head` does, has what they want: the code stays the command's.
  if (codeOf(error) === 'EPIPE' || unwritten !== undefined) return;
  unwritten = process.exitCode = UNWRITTEN;
  process.stderr.write(`securest: the output cannot be written (${codeOf(error)})\n`);
});
process.stderr.on('error', () => undefined);

void runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then((code) => {
  process.exitCode = unwritten ?? code;
});
