/**
 * The library and the host that a measured server is built from: this clone's, or those of another one, so that two
 * versions of the library can be measured by turns in one run.
 */
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

/** Loads both from one clone: a library next to another copy of the host would guard nothing. */
export function loadLibrary(root: string = HERE): Library {
  const load = createRequire(path.join(root, 'package.json'));
  load('reflect-metadata');
  const host = load('routing-controllers') as typeof Host;
  return {
    host,
    securest: load('./src') as typeof Securest,
    typedi: load('typedi') as typeof Typedi,
    Koa: load('koa') as typeof KoaClass,
  };
}

/** A package that only the bench installs. It has no types here: the root's checks run without it. */
export function loadPeer(name: string): unknown {
  return createRequire(path.join(HERE, 'bench/package.json'))(name);
}
