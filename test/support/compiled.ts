/** Compiles the sources to JavaScript, so that child processes start fast. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from '@swc/core';
import { buildSync } from 'esbuild';
import type { Result } from './command';

const ROOT = resolve(__dirname, '../..');
let folder: string | undefined;

export interface Ended extends Result {
  readonly signal: NodeJS.Signals | null;
}

/** The path of a compiled source or test fixture: `compiled('src/cli/main.ts')`. */
export function compiled(source: string): string {
  if (folder === undefined) {
    // Below node_modules, so that packages are found from there.
    const cache = join(ROOT, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    const made = mkdtempSync(join(cache, 'securest-'));
    // Some child processes run as another user.
    chmodSync(made, 0o755);
    process.once('exit', () => {
      rmSync(made, { recursive: true, force: true });
    });
    compile(join(ROOT, 'src'), join(made, 'src'), false);
    for (const part of ['test/fixtures', 'test/support']) compile(join(ROOT, part), join(made, part), true);
    copyFileSync(join(ROOT, 'package.json'), join(made, 'package.json'));
    folder = made;
  }
  return join(folder, source.replace(/\.ts$/, '.js'));
}

function compile(from: string, to: string, isLazy: boolean): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isDirectory()) compile(path, join(to, name), isLazy);
    if (!name.endsWith('.ts')) continue;
    const { code } = transformSync(readFileSync(path, 'utf8'), {
      filename: path,
      swcrc: false,
      // A child of the tests loads only those hosts and clients that it uses.
      module: { type: 'commonjs', ignoreDynamic: true, lazy: isLazy },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), code);
  }
}

/** The path of a compiled fixture, bundled with its dependencies into one file: it starts in half the time. */
export function bundled(source: string): string {
  const entry = compiled(source);
  const outfile = entry.replace(/\.js$/, '.bundle.js');
  if (!existsSync(outfile)) buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node' });
  return outfile;
}

export interface Given {
  readonly cwd: string;
  readonly input?: string;
  /** The time of its clock, in milliseconds since the epoch. @default the clock of the machine */
  readonly now?: number;
  /** Called when the process has started. */
  readonly onStart?: (kill: () => void) => void;
}

/** Runs the command as a shell would. */
export function runCommand(args: readonly string[], { cwd, input, now, onStart }: Given): Promise<Ended> {
  const clock = now === undefined ? [] : ['--require', compiled('test/fixtures/files/fixed-clock.ts')];
  const env = { ...process.env, FIXED_CLOCK: String(now) };
  const child = spawn(process.execPath, [...clock, compiled('src/cli/main.ts'), ...args], { cwd, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  onStart?.(() => child.kill('SIGKILL'));
  return new Promise((settle) => {
    child.on('close', (code, signal) => {
      settle({ code, signal, out, err });
    });
  });
}
