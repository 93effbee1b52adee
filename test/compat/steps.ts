/** What cells need before they run: the packed package, installed folders, builds. Each is made once. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import manifest from '../../package.json';
import { BUILDS, type Build, type BuildName, type Cell, COMPILED } from './cells';
import { type Folder, type FolderName, FOLDERS, NPM } from './folders';
import type { Limit } from './limit';
import { type Command, wordsOf } from './programs';
import { runAndAsk, runToEnd } from './run-command';

const ROOT = join(__dirname, '../..');
const FORMATS = { cjs: 'commonjs', esm: 'module' } as const;

export class Steps {
  readonly #work: string;
  readonly #limit: Limit;
  readonly #made = new Map<string, Promise<void>>();

  /**
   * @param work an empty folder, for everything
   * @param limit of the processes at once
   */
  constructor(work: string, limit: Limit) {
    this.#work = work;
    this.#limit = limit;
  }

  /** @throws Error with what the command printed, or the AssertionError of what the app answered */
  async run({ folder, build, command, does }: Cell): Promise<void> {
    await this.#folder(folder);
    if (build !== undefined) await this.#build(build);
    const [words, cwd] = [this.#words(command), join(this.#work, folder)];
    await this.#limit(() => (does === 'serve' ? runAndAsk(words, cwd) : runToEnd(words, cwd)));
  }

  #once(name: string, make: () => Promise<void>): Promise<void> {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }

  #words(command: Command): readonly string[] {
    return wordsOf(command, join(this.#work, 'tools/node_modules'));
  }

  #spawn(command: Command, cwd: string): Promise<void> {
    return this.#limit(() => runToEnd(this.#words(command), cwd));
  }

  get #tarball(): string {
    return join(this.#work, `${manifest.name}-${manifest.version}.tgz`);
  }

  #pack(): Promise<void> {
    return this.#once('the package', () =>
      this.#spawn(['npm', 'pack', '--silent', '--pack-destination', this.#work], ROOT),
    );
  }

  #folder(name: FolderName): Promise<void> {
    return this.#once(`folder ${name}`, () => (name === 'tools' ? this.#tools() : this.#installed(name)));
  }

  async #tools(): Promise<void> {
    const folder = join(this.#work, 'tools');
    await cp(join(__dirname, 'tools'), folder, { recursive: true });
    for (const [format, type] of Object.entries(FORMATS)) {
      await cp(join(__dirname, 'app'), join(folder, format), { recursive: true });
      await writeFile(join(folder, format, 'package.json'), JSON.stringify({ type }));
    }
    await Promise.all([
      this.#pack(),
      // The programs are in packages without scripts.
      this.#spawn(['npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], folder),
    ]);
    await this.#spawn([...NPM, '--ignore-scripts', '--no-save', this.#tarball], folder);
  }

  async #installed(name: Exclude<FolderName, 'tools'>): Promise<void> {
    // The tools have the package managers, and the compiled app.
    await this.#build(COMPILED);
    const folder = join(this.#work, name);
    const { dependencies, overrides, files = {}, install }: Folder = FOLDERS[name];
    await mkdir(folder);
    const text = {
      private: true,
      dependencies: { ...dependencies, [manifest.name]: `file:${this.#tarball}` },
      ...(overrides === undefined ? {} : { overrides }),
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify(text));
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    for (const format of Object.keys(FORMATS)) {
      await cp(join(this.#work, 'tools/out', COMPILED, format), join(folder, format), { recursive: true });
    }
    await this.#spawn(install, folder);
  }

  #build(name: BuildName): Promise<void> {
    return this.#once(`build ${name}`, async () => {
      const { build, command }: Build = BUILDS[name];
      await this.#folder('tools');
      if (build !== undefined) await this.#build(build);
      const folder = join(this.#work, 'tools');
      await this.#spawn(command, folder);
      for (const [format, type] of Object.entries(FORMATS)) {
        const output = join(folder, 'out', name, format);
        await mkdir(output, { recursive: true });
        await writeFile(join(output, 'package.json'), JSON.stringify({ type }));
      }
    });
  }
}
