/** Where cells run: the folder of the tools, and one for each way to install the package. */
import type { Command, Program } from './programs';
import { versionOf } from './versions';

/** What the app needs on Koa, as docs/install.md has it. */
const APP = [
  'class-transformer',
  'class-validator',
  'koa',
  'reflect-metadata',
  'routing-controllers',
  'typedi',
] as const;

export interface Folder {
  /** By name, without the package itself. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly install: Command;
}

const dependencies = Object.fromEntries(APP.map((name) => [name, versionOf(name)]));
const VALIDATOR_15 = '0.15.1';

export const NPM: Command = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'];

const yarn4 = (nodeLinker: string): Folder => ({
  dependencies,
  files: { '.yarnrc.yml': `nodeLinker: ${nodeLinker}\nenableTelemetry: false\n`, 'yarn.lock': '' },
  install: ['yarn4', 'install', '--no-immutable'],
});

const pnpm = (program: Program): Folder => ({
  dependencies,
  install: [program, 'install', '--prefer-offline'],
});

/** By name; the tools' own folder is installed from its lock file. */
export const FOLDERS = {
  npm: { dependencies, install: NPM },
  'class-validator-0.15': {
    dependencies: { ...dependencies, 'class-validator': VALIDATOR_15 },
    // routing-controllers states 0.14.
    overrides: { 'routing-controllers': { 'class-validator': '$class-validator' } },
    install: NPM,
  },
  pnpm10: pnpm('pnpm10'),
  pnpm12: pnpm('pnpm12'),
  yarn1: { dependencies, install: ['yarn1', 'install', '--prefer-offline', '--no-lockfile'] },
  yarn4: yarn4('node-modules'),
  'yarn4-pnp': yarn4('pnp'),
} satisfies Record<string, Folder>;

export type FolderName = keyof typeof FOLDERS | 'tools';
