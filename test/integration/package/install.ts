import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import manifest from '../../../package.json';
import { buildOnce } from './build-once';

const ROOT = join(__dirname, '../../..');
const exec = promisify(execFile);

/** Runs a command; rejects with all that it printed when it fails. */
export async function run(command: string, args: readonly string[], cwd = ROOT): Promise<string> {
  try {
    return (await exec(command, args, { cwd, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** Runs a development dependency's command. */
export function runTool(name: string, args: readonly string[], cwd = ROOT): Promise<string> {
  return run(join(ROOT, 'node_modules/.bin', name), args, cwd);
}

export interface Tarball {
  readonly path: string;
  readonly files: readonly string[];
}

let built: Promise<string> | undefined;

/** Builds the package, once for all tests. @returns the folder of the build */
export function build(): Promise<string> {
  built ??= buildOnce(() => run('npm', ['run', 'build'])).then(() => join(ROOT, 'dist'));
  return built;
}

/** Builds and packs the package as `npm publish` would. */
export async function pack(folder: string): Promise<Tarball> {
  await build();
  const output = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [packed] = JSON.parse(output) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm pack printed ${output}`);
  return { path: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** Peers that the app does well without: it is Koa's, and must say what to install for the rest. */
const WITHOUT = ['@opentelemetry/api', 'express', 'kerberos', 'swagger-ui-dist'];

/** Makes a folder with the package, its peers and Koa installed, and the app in both module formats. */
export async function installConsumer(tarball: Tarball, folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  const peers = Object.keys(manifest.peerDependencies).filter((name) => !WITHOUT.includes(name));
  const packages = await Promise.all([...peers, '@types/node'].map(withInstalledVersion));
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball.path, ...packages],
    folder,
  );
  for (const extension of ['mts', 'cts']) {
    await copyFile(join(__dirname, 'consumer/app.ts'), join(folder, `app.${extension}`));
  }
}

async function withInstalledVersion(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return `${name}@${(JSON.parse(text) as { version: string }).version}`;
}
