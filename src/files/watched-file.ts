/**
 * A file that is read at start and again whenever it changes.
 *
 * The file is polled with `stat` at short intervals. Unlike file system events, polling also detects a swapped symlink
 * anywhere in the path and a deleted and recreated folder, and works on network mounts and in containers; a burst of
 * changes costs one reading. A changed file is read after it was unchanged between two polls, so that it is not read
 * while its writer has truncated it and not yet written it.
 */
import { resolve } from 'node:path';
import { ConfigurationError } from '../errors';
import { describeFault } from './file-fault';
import { fingerprint, readText, readTextSync, type FileText } from './read-text';
import { finish, finishInSlices } from './slices';

/** A version of a file that this process has just written. */
export interface WrittenVersion<T> {
  readonly digest: string;
  readonly fingerprint: string;
  readonly value: T;
}

export interface WatchedFileOptions<T> {
  path: string;
  /** Larger files are refused. */
  maxBytes: number;
  /** Parses the text, and yields now and then so that requests go on. Throws a FileFault for an invalid text. */
  parse: (text: string) => Generator<void, T>;
  /** Receives the fault of a new version, without any of the file's content. The last valid version stays in use. */
  onProblem: (problem: string) => void;
  /** Receives a new version in the same turn of the event loop in which it becomes the value. */
  onValue?: ((value: T) => void) | undefined;
  /** The time between two polls, in milliseconds. @default 500 */
  pollMs?: number | undefined;
}

/** How long a changed file must be unchanged before it is read. */
const SETTLE_MS = 100;

export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  readonly #path: string;
  readonly #pollMs: number;
  readonly #settleMs: number;
  #value: T;
  #digest: string;
  /** The fingerprint of the handled version. Undefined at first: the first reading did not wait for a stable file. */
  #done: string | undefined;
  #settling: string | undefined;
  #unreadable: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The number of versions that came through `take()`. */
  #written = 0;

  /** Reads the file synchronously. @throws {ConfigurationError} with file and line if it is not valid */
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

  /** The value of the last valid version. */
  get value(): T {
    return this.#value;
  }

  /**
   * Takes a version that this process has written. Call it in the same turn of the event loop as the write: everything
   * that was polled until then is older.
   */
  take({ digest, fingerprint: seen, value }: WrittenVersion<T>): void {
    this.#written += 1;
    this.#value = value;
    this.#digest = digest;
    this.#done = seen;
    this.#unreadable = undefined;
  }

  /**
   * Watches again after `close()`, and reads the file even if it looks unchanged. Call it when the value gets another
   * user: a value that nobody watches would keep what was removed from the file.
   */
  resume(): void {
    if (!this.#closed) return;
    this.#closed = false;
    // A version may have been read and dropped because of `close()`.
    this.#digest = '';
    this.#done = undefined;
    this.#settling = undefined;
    this.#lookAgainIn(0);
  }

  /** Stops watching; the last value stays. An open watch does not keep the process alive. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #lookAgainIn(milliseconds: number): void {
    if (this.#closed) return;
    // A poll that was under way at `close()` may end after `resume()`.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#look().then((wait) => {
        this.#lookAgainIn(wait);
      });
    }, milliseconds).unref();
  }

  /** Never rejects. Resolves with the time until the next poll. */
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

  /** An unreadable file is tried again at every poll, since the fault may pass by itself, but it is reported once. */
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
      // A fault of the listener must not stop the watch, and there is no other place to report it.
    }
  }
}
