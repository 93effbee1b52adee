/** What the commands of cells begin with, and where it is. */
import { join } from 'node:path';
import { PACKAGES } from './versions';

/** The file of each program under the tools' node_modules, behind what runs it. */
const FILES = {
  node20: `${PACKAGES.node20}/bin/node`,
  node22: `${PACKAGES.node22}/bin/node`,
  node24: `${PACKAGES.node24}/bin/node`,
  node26: `${PACKAGES.node26}/bin/node`,
  bun: `${PACKAGES.bun}/bin/bun`,
  pnpm12: `${PACKAGES.pnpm12}/pnpm`,
  pnpm10: 'pnpm10/bin/pnpm.cjs',
  yarn1: 'yarn/bin/yarn.js',
  yarn4: '@yarnpkg/cli-dist/bin/yarn.js',
  'tsc5.4': 'typescript5.4/bin/tsc',
  'tsc5.9': 'typescript/bin/tsc',
  tsc7: 'typescript7/bin/tsc',
  esbuild: 'esbuild/bin/esbuild',
  webpack: 'webpack/bin/webpack.js',
  rollup: 'rollup/dist/bin/rollup',
  jest: 'jest/bin/jest.js',
  vitest: 'vitest/vitest.mjs',
} as const;

/** `node` is the Node that runs all this; `vitest` wants a newer one than the oldest that securest runs on. */
export type Program = keyof typeof FILES | 'node' | 'npm';

export type Command = readonly [Program, ...string[]];

/** The words of a command, to be spawned as they are. */
export function wordsOf([program, ...args]: Command, modules: string): readonly string[] {
  if (program === 'node') return [process.execPath, ...args];
  if (program === 'npm') return ['npm', ...args];
  const file = join(modules, FILES[program]);
  if (program === 'vitest') return [join(modules, FILES.node22), file, ...args];
  return /\.(c|m)?js$|\/(tsc|esbuild|rollup)$/.test(file)
    ? [process.execPath, file, ...args]
    : [file, ...args];
}
