/** Bundlers, as the page on bundling has them set up, on apps in a folder with the package installed. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { type RollupCache, rollup } from 'rollup';
import webpack from 'webpack';
import manifest from '../../../package.json';
import { build } from './install';

const ROOT = join(__dirname, '../../..');

/** What stays out of the bundle: these packages, all packages, or none. */
export type External = readonly string[] | 'all' | 'none';

export interface Bundling {
  readonly entry: string;
  readonly outfile: string;
  readonly external: External;
  /** @default 'cjs' */
  readonly format?: 'cjs' | 'esm';
}

/** What rollup parsed already, by what stayed out: a module is resolved otherwise where something else does. */
const PARSED = new Map<External, RollupCache>();

/** Each writes one bundle. */
export const BUNDLERS: Readonly<Record<string, (bundling: Bundling) => Promise<void>>> = {
  async esbuild({ entry, outfile, external, format = 'cjs' }) {
    await esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
      ...(external === 'all' ? { packages: 'external' } : {}),
      ...(typeof external === 'string' ? {} : { external: [...external] }),
      // What bundled CommonJS packages load at run time.
      ...(format === 'esm' ? { banner: { js: REQUIRE } } : {}),
    });
  },

  async webpack({ entry, outfile, external }) {
    const compiler = webpack({
      mode: 'production',
      target: 'node',
      entry,
      context: join(entry, '..'),
      output: { path: join(outfile, '..'), filename: outfile.slice(outfile.lastIndexOf('/') + 1) },
      externalsType: 'commonjs',
      externals: [patternOf(external)],
      optimization: { minimize: false },
    });
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error !== null) reject(error);
        else if (stats?.hasErrors() === true) reject(new Error(stats.toString('errors-only')));
        else compiler.close(() => resolve());
      });
    });
  },

  async rollup({ entry, outfile, external, format = 'cjs' }) {
    const cache = PARSED.get(external);
    const bundle = await rollup({
      input: entry,
      ...(cache === undefined ? {} : { cache }),
      external: [/^node:/, patternOf(external)],
      plugins: [nodeResolve({ preferBuiltins: true }), commonjs({ ignoreDynamicRequires: true }), json()],
      onwarn: () => undefined,
    });
    await bundle.write({ file: outfile, format, interop: 'auto', inlineDynamicImports: true });
    await bundle.close();
    if (bundle.cache !== undefined) PARSED.set(external, bundle.cache);
  },
};

const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** Matches the requests of packages that stay out. */
function patternOf(external: External): RegExp {
  if (external === 'all') return /^[^./]/;
  return external === 'none' ? /^(?!)/ : new RegExp(`^(${external.join('|')})(/|$)`);
}

/** Makes a folder that has the build of the package and its dependencies installed. */
export async function installBuild(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'securest-bundles-')));
  const modules = join(folder, 'node_modules');
  const home = join(modules, manifest.name);
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest));
  cpSync(await build(), join(home, 'dist'), { recursive: true });
  return folder;
}

/** A bundle that runs: where it listens, or what it said when it did not start. */
export interface Started {
  readonly url: string | undefined;
  readonly errors: string;
  close(): Promise<void>;
}

export async function start(file: string, ...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const listening = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const port = /^port (\d+)$/m.exec(text)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
  });
  const url = await Promise.race([listening, ended.then(() => undefined)]);
  return {
    url,
    get errors() {
      return errors;
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}
