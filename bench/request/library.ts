/**
 * The library and the host that a measured server is built from: this clone's, or those of another one, so that two
 * versions of the library can be measured by turns in one run.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import type KoaClass from 'koa';
import type * as Host from 'routing-controllers';
import type * as Typedi from 'typedi';
import type * as Securest from '../../src';

export const HERE = path.join(__dirname, '../..');

export interface Library {
  readonly securest: typeof Securest;
  readonly host: typeof Host;
  readonly typedi: typeof Typedi;
  readonly Koa: typeof KoaClass;
}

/** Where the build of a clone is: below its packages, so that it finds them. */
export function buildOf(root: string = HERE): string {
  return path.join(root, 'node_modules/.cache/securest-bench');
}

/** Compiles a clone as it ships, since a compiler at run time would be measured too. */
export function build(root: string = HERE): void {
  const compiler = createRequire(path.join(root, 'package.json')).resolve('typescript/bin/tsc');
  const directory = buildOf(root);
  const incremental = ['--incremental', '--tsBuildInfoFile', path.join(directory, 'build.tsbuildinfo')];
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', directory, ...incremental];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

/** Loads both from one clone: a library next to another copy of the host would guard nothing. */
export function loadLibrary(root: string = HERE): Library {
  const load = createRequire(path.join(root, 'package.json'));
  load('reflect-metadata');
  const host = load('routing-controllers') as typeof Host;
  return {
    host,
    securest: load(buildOf(root)) as typeof Securest,
    typedi: load('typedi') as typeof Typedi,
    Koa: load('koa') as typeof KoaClass,
  };
}

/** A package that only the bench installs. It has no types here: the root's checks run without it. */
export function loadPeer(name: string): unknown {
  return createRequire(path.join(HERE, 'bench/package.json'))(name);
}
