/**
 * A file that is read at start and again whenever it changes.
 *
 * It is looked at with `stat` at short intervals: unlike file system events this also sees a swapped symlink
 * anywhere in the path, a folder that is deleted and made again, network mounts and containers, and a
 * burst of changes costs one reading. A changed file is read once it has stood still between two looks, so
 * that a writer who truncates and then writes is not caught in between.
 */
import { resolve } from 'node:path';
import { ConfigurationError } from '../errors';
import { describeFault } from './file-fault';
import { fingerprint, readText, readTextSync, type FileText } from './read-text';
import { finish, finishInSlices } from './slices';

/** A version of a file that was just written. */
export interface WrittenVersion<T> {
  readonly digest: string;
  readonly fingerprint: string;
  readonly value: T;
}

export interface WatchedFileOptions<T> {
  path: string;
  /** Larger files are refused. */
  maxBytes: number;
  /** Reads the text, yielding now and then so that requests go on; throws a FileFault for a bad one. */
  parse: (text: string) => Generator<void, T>;
  /** Hears what is wrong with a new version; the last good one stays. Free of the file's content. */
  onProblem: (problem: string) => void;
  /** Takes a new version in the turn in which it becomes the value. */
  onValue?: ((value: T) => void) | undefined;
  /** Time between two looks. @default 500 */
  pollMs?: number | undefined;
}

/** How long a changed file must stand still before it is read. */
const SETTLE_MS = 100;

export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  readonly #path: string;
  readonly #pollMs: number;
  readonly #settleMs: number;
  #value: T;
  #digest: string;
  /** The fingerprint that is dealt with. None at first: the first reading did not wait for a still file. */
  #done: string | undefined;
  #settling: string | undefined;
  #unreadable: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** How many versions were taken from their writer. */
  #written = 0;

  /** Reads the file at once. @throws {ConfigurationError} naming file and line when it is not good */
  constructor(options: WatchedFileOptions<T>) {
    this.#options = options;
    this.#path = resolve(options.path);
    this.#pollMs = options.pollMs ?? 500;
    this.#settleMs = Math.min(SETTLE_MS, this.#pollMs);
    try {
      const file = readTextSync(this.#path, options.maxBytes);
      this.#digest = file.digest;
      this.#value = finish(options.parse(file.text));
      this.#warn(file);
    } catch (error) {
      throw new ConfigurationError(describeFault(options.path, error));
    }
    this.#lookAgainIn(this.#pollMs);
  }

  /** What the last good version holds. */
  get value(): T {
    return this.#value;
  }

  /**
   * Takes a version that this process has written, in the same turn in which it was written: what the watching has
   * read until then is older.
   */
  take({ digest, fingerprint: seen, value }: WrittenVersion<T>): void {
    this.#written += 1;
    this.#value = value;
    this.#digest = digest;
    this.#done = seen;
    this.#unreadable = undefined;
  }

  /** Ends the watching; the last value stays. Not needed for the process to end. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #lookAgainIn(milliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#look().then((wait) => {
        this.#lookAgainIn(wait);
      });
    }, milliseconds).unref();
  }

  /** Never rejects. Resolves with the time until the next look. */
  async #look(): Promise<number> {
    const written = this.#written;
    const seen = await fingerprint(this.#path);
    if (seen === this.#done) return this.#pollMs;
    if (seen !== this.#settling) {
      this.#settling = seen;
      return this.#settleMs;
    }
    const file = await this.#read();
    if (written !== this.#written) return this.#settleMs;
    if (file === undefined) return this.#pollMs;
    if (file.fingerprint !== seen) {
      this.#settling = file.fingerprint;
      return this.#settleMs;
    }
    await this.#readVersion(file);
    if (written !== this.#written) return this.#settleMs;
    this.#done = seen;
    return this.#pollMs;
  }

  /** An unreadable file is tried again at every look, as that may pass by itself, but reported once. */
  async #read(): Promise<FileText | undefined> {
    try {
      const file = await readText(this.#path, this.#options.maxBytes);
      this.#unreadable = undefined;
      return file;
    } catch (error) {
      const problem = describeFault(this.#options.path, error);
      if (problem !== this.#unreadable) this.#report(`${problem}; the last good version stays`);
      this.#unreadable = problem;
      return undefined;
    }
  }

  async #readVersion(file: FileText): Promise<void> {
    if (file.digest === this.#digest) return;
    const written = this.#written;
    this.#digest = file.digest;
    try {
      const value = await finishInSlices(this.#options.parse(file.text), true);
      if (this.#closed || written !== this.#written) return;
      this.#value = value;
      this.#options.onValue?.(value);
      this.#warn(file);
    } catch (error) {
      if (written !== this.#written) return;
      this.#report(`${describeFault(this.#options.path, error)}; the last good version stays`);
    }
  }

  #warn(file: FileText): void {
    if (file.writableByAll) this.#report(`${this.#options.path} may be written by everyone on this machine`);
  }

  #report(problem: string): void {
    if (this.#closed) return;
    try {
      this.#options.onProblem(problem);
    } catch {
      // A listener's fault must not end the watching, and there is nobody else to tell.
    }
  }
}
