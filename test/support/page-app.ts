/** The whole app that a page of the documentation prints, run as it is printed, but for its port. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import * as securest from '../../src';
import { TestServer } from './drivers';

const DOCS = join(__dirname, '../../docs');
const LISTEN = 'app.listen(3000);';

/** The code blocks of a page, in a language. */
export function blocksOf(page: string, language: 'ts' | 'js'): string[] {
  const blocks = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...readFileSync(join(DOCS, page), 'utf8').matchAll(blocks)].map(([, text = '']) => text);
}

/** Starts the first app that a page prints. */
export async function startPageApp(page: string): Promise<TestServer> {
  const printed = blocksOf(page, 'ts').find((block) => block.includes(LISTEN));
  if (printed === undefined) throw new Error(`${page} has no app`);
  const { code } = transformSync(
    printed.replace(LISTEN, "export const server = app.listen(0, '127.0.0.1');"),
    {
      swcrc: false,
      module: { type: 'commonjs' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    },
  );
  const exported: { server?: Server } = {};
  const load = (name: string): unknown => (name === 'securest' ? securest : require(name));
  new Function('require', 'exports', code)(load, exported);
  const { server } = exported;
  if (server === undefined) throw new Error(`The app of ${page} did not listen`);
  return TestServer.of(server);
}
