/** Runs the whole app that a page of the documentation prints, unchanged except for its port. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import * as securest from '../../src';
import * as openapi from '../../src/openapi';
import * as routers from '../../src/routers';
import * as sql from '../../src/sql';
import { DEADLINE_MS } from './deadlines';
import { TestServer } from './drivers';

const DOCS = join(__dirname, '../../docs');
const requireHere = createRequire(__filename);
/** The package's entries, which lead to the sources as the compiler's paths do. */
const OWN: Readonly<Record<string, unknown>> = {
  securest,
  'securest/openapi': openapi,
  'securest/routers': routers,
  'securest/sql': sql,
};
const LISTEN = 'app.listen(3000);';

type Exports = Record<string, unknown>;
type Run = (load: (name: string) => unknown, exported: Exports, ...given: unknown[]) => void;

/** The code blocks of a page, in a language. */
export function blocksOf(page: string, language: 'ts' | 'js'): string[] {
  const blocks = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...readFileSync(join(DOCS, page), 'utf8').matchAll(blocks)].map(([, text = '']) => text);
}

/** Starts the first app that a page prints, with the clock of the test if it has one. */
export async function startPageApp(page: string, clock: () => number = Date.now): Promise<TestServer> {
  const printed = blocksOf(page, 'ts').find((block) => block.includes(LISTEN));
  if (printed === undefined) throw new Error(`${page} has no app`);
  const source = printed
    .replace(LISTEN, "export const server = app.listen(0, '127.0.0.1');")
    .replace('security: {', `security: { clock, deadlineMs: ${String(DEADLINE_MS)},`);
  const { server } = runBlock(source, { clock }) as { server?: Server };
  if (server === undefined) throw new Error(`The app of ${page} did not listen`);
  return TestServer.of(server);
}

/** The exports of a block of code after it has run with these additional variables. */
export function runBlock(source: string, given: Readonly<Record<string, unknown>> = {}): Exports {
  const { code } = transformSync(source, {
    swcrc: false,
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  });
  const exported: Exports = {};
  const load = (name: string): unknown => OWN[name] ?? requireHere(name);
  const names = ['require', 'exports', ...Object.keys(given)];
  (compileFunction(code, names) as Run)(load, exported, ...Object.values(given));
  return exported;
}
