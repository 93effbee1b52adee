/** The combinations to run: the command of each, and its place in the tables of the documentation. */
import type { FolderName } from './folders';
import type { Command, Program } from './programs';
import { PACKAGES, versionOf } from './versions';

export interface Cell {
  /** Title of a table of the page. */
  readonly table: string;
  readonly row: string;
  readonly column: string;
  /** The text at this row and column; the texts of cells with the same place are listed. */
  readonly value: string;
  readonly folder: FolderName;
  /** The build that makes the files of the command. */
  readonly build?: BuildName;
  readonly command: Command;
  /** Whether the command starts the app, to be asked from outside, or a test that ends. */
  readonly does: 'serve' | 'end';
}

const COMPILERS = { 'tsc5.4': 'typescript5.4', 'tsc5.9': 'typescript', tsc7: 'typescript7' } as const;
const RESOLUTIONS = { nodenext: 'nodenext', node16: 'node16', bundler: 'esnext' } as const;
type Compiler = keyof typeof COMPILERS;
type Resolution = keyof typeof RESOLUTIONS;

export type BuildName = `${Compiler}-${Resolution}` | 'esbuild-cjs' | 'esbuild-esm' | 'webpack' | 'rollup';

/** Makes `out/NAME` in the tools' folder. */
export interface Build {
  readonly command: Command;
  readonly build?: BuildName;
}

const compilers = Object.keys(COMPILERS) as Compiler[];
const resolutions = Object.keys(RESOLUTIONS) as Resolution[];

/** The output that all cells except those of compilers run. */
export const COMPILED = 'tsc5.9-nodenext';

/** The packages that must stay out of a bundle, as docs/with-a-bundler.md has them. */
const EXTERNALS = [
  'securest',
  'routing-controllers',
  'typedi',
  'reflect-metadata',
  'class-transformer',
  'class-validator',
].map((name) => `--external:${name}`);

const esbuild = (format: 'cjs' | 'esm', ...more: string[]): Build => ({
  build: COMPILED,
  command: [
    'esbuild',
    ...['koa', 'express-5'].map((entry) => `out/${COMPILED}/${format}/${entry}.js`),
    '--bundle',
    '--platform=node',
    `--format=${format}`,
    `--outdir=out/esbuild-${format}`,
    `--out-extension:.js=.${format === 'cjs' ? 'cjs' : 'mjs'}`,
    ...EXTERNALS,
    ...more,
  ],
});

function compilation(compiler: Compiler, resolution: Resolution): [BuildName, Build] {
  const name: BuildName = `${compiler}-${resolution}`;
  const config = ['-p', resolution === 'bundler' ? 'tsconfig.bundler.json' : 'tsconfig.json'];
  const options = ['--module', RESOLUTIONS[resolution], '--moduleResolution', resolution];
  return [name, { command: [compiler, ...config, ...options, '--outDir', `out/${name}`] }];
}

export const BUILDS = {
  ...(Object.fromEntries(
    compilers.flatMap((compiler) => resolutions.map((resolution) => compilation(compiler, resolution))),
  ) as Record<`${Compiler}-${Resolution}`, Build>),
  'esbuild-cjs': esbuild('cjs'),
  // Bundled CommonJS packages call `require` at run time.
  'esbuild-esm': esbuild(
    'esm',
    "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  ),
  webpack: { command: ['webpack'] },
  rollup: { command: ['rollup', '-c'] },
} satisfies Record<BuildName, Build>;

const FORMATS = { cjs: 'CommonJS', esm: 'ESM' } as const;
type Format = keyof typeof FORMATS;
const formats = Object.keys(FORMATS) as Format[];

const versioned = (title: string, name: string): string => `${title} ${versionOf(name)}`;

const HOSTS = {
  koa: versioned('Koa', 'koa'),
  'express-4-created': `\`createExpressServer\`, Express ${versionOf('express4')}`,
  'express-4': `\`useExpressServer\`, Express ${versionOf('express4')}`,
  'express-5': `\`useExpressServer\`, Express ${versionOf('express')}`,
} as const;

const RUNTIMES = {
  node20: versioned('Node', PACKAGES.node20),
  node22: versioned('Node', PACKAGES.node22),
  node24: versioned('Node', PACKAGES.node24),
  node26: versioned('Node', PACKAGES.node26),
  bun: versioned('Bun', PACKAGES.bun),
} as const satisfies Partial<Record<Program, string>>;
type Runtime = keyof typeof RUNTIMES;

const runtimes = (Object.keys(RUNTIMES) as Runtime[]).flatMap((runtime) =>
  Object.entries(HOSTS).flatMap(([host, column]) =>
    formats.map((format): Cell => ({
      table: 'Runtimes and hosts',
      row: RUNTIMES[runtime],
      column,
      value: FORMATS[format],
      folder: 'tools',
      build: COMPILED,
      command: [runtime, `out/${COMPILED}/${format}/${host}.js`],
      does: 'serve',
    })),
  ),
);

const fromSource = formats.map((format): Cell => ({
  table: 'Runtimes and hosts',
  row: RUNTIMES.bun,
  column: HOSTS.koa,
  value: `TypeScript as ${FORMATS[format]}`,
  folder: 'tools',
  command: ['bun', `${format}/koa.ts`],
  does: 'serve',
}));

const compiled = compilers.flatMap((compiler) =>
  resolutions.flatMap((resolution) =>
    formats
      .filter((format) => format === 'esm' || resolution !== 'bundler')
      .map((format): Cell => ({
        table: 'Compilers, with `strict` and without `skipLibCheck`',
        row: versioned('TypeScript', COMPILERS[compiler]),
        column: `\`moduleResolution\` ${resolution}`,
        value: FORMATS[format],
        folder: 'tools',
        build: `${compiler}-${resolution}`,
        command: ['node', `out/${compiler}-${resolution}/${format}/koa.js`],
        does: 'serve',
      })),
  ),
);

const bundled = (
  [
    ['esbuild-cjs', 'cjs', `esbuild ${versionOf('esbuild')}, on the output of \`tsc\``],
    ['esbuild-esm', 'mjs', `esbuild ${versionOf('esbuild')}, on the output of \`tsc\``],
    ['webpack', 'cjs', `webpack ${versionOf('webpack')}, ts-loader ${versionOf('ts-loader')}`],
    [
      'rollup',
      'mjs',
      `rollup ${versionOf('rollup')}, @rollup/plugin-typescript ${versionOf('@rollup/plugin-typescript')}`,
    ],
  ] as const
).flatMap(([build, extension, row]) =>
  (['koa', 'express-5'] as const).map((host): Cell => ({
    table: 'Bundlers',
    row,
    column: HOSTS[host],
    value: FORMATS[extension === 'cjs' ? 'cjs' : 'esm'],
    folder: 'tools',
    build,
    command: ['node', `out/${build}/${host}.${extension}`],
    does: 'serve',
  })),
);

const TESTS: readonly (readonly [row: string, value: string, command: Command, build?: BuildName])[] = [
  [versioned('jest', 'jest'), `with @swc/jest ${versionOf('@swc/jest')}`, ['jest']],
  [
    versioned('vitest', 'vitest'),
    `with \`globals\`, Vite ${versionOf('vite')}, on ${RUNTIMES.node22}`,
    ['vitest', 'run'],
  ],
  ...(['node20', 'node22', 'node24', 'node26'] as const).map(
    (node) =>
      [
        'node:test',
        RUNTIMES[node],
        [node, '--test', ...formats.map((format) => `out/${COMPILED}/${format}/node.spec.js`)],
        COMPILED,
      ] as const,
  ),
  [versioned('bun test', PACKAGES.bun), 'TypeScript', ['bun', 'test', './esm/bun.spec.ts']],
];

const tested = TESTS.map(([row, value, command, build]): Cell => ({
  table: 'Test runners',
  row,
  column: 'a test of the app, and `describeAuthorization`',
  value,
  folder: 'tools',
  ...(build === undefined ? {} : { build }),
  command,
  does: 'end',
}));

const NODE: Command = ['node'];
const INSTALLS: readonly (readonly [FolderName, string, Command])[] = [
  ['npm', 'npm, with class-validator 0.14', NODE],
  ['class-validator-0.15', 'npm, with class-validator 0.15 by `overrides`', NODE],
  ['pnpm10', versioned('pnpm', 'pnpm10'), NODE],
  ['pnpm12', versioned('pnpm', PACKAGES.pnpm12), NODE],
  ['yarn1', versioned('Yarn', 'yarn'), NODE],
  ['yarn4', `${versioned('Yarn', '@yarnpkg/cli-dist')}, \`nodeLinker: node-modules\``, NODE],
  ['yarn4-pnp', `${versioned('Yarn', '@yarnpkg/cli-dist')}, \`nodeLinker: pnp\``, ['yarn4', 'node']],
];

const installed = INSTALLS.flatMap(([folder, row, command]) =>
  formats.map((format): Cell => ({
    table: 'Package managers',
    row,
    column: HOSTS.koa,
    value: FORMATS[format],
    folder,
    build: COMPILED,
    command: [...command, `${format}/koa.js`],
    does: 'serve',
  })),
);

export const CELLS: readonly Cell[] = [
  ...runtimes,
  ...fromSource,
  ...compiled,
  ...bundled,
  ...tested,
  ...installed,
];
