import { existsSync } from 'node:fs';
import type { Group, User } from '../../core/user';
import { UserRefusedError } from '../../core/user-directory';
import { editFile, type FileEditOptions } from '../../files/edit-file';
import { describeFault, FileFault } from '../../files/file-fault';
import { FileVersion } from '../../files/file-version';
import { digestOf, readText } from '../../files/read-text';
import { finishInSlices } from '../../files/slices';
import { holds, refuseRecord } from '../record-fields';
import { frozenCopy, type Snapshot } from '../snapshot';
import { readUserRecords, type UserRecords } from './user-file';
import { UserIndex } from './user-index';
import { changeUserFile, UneditableFault } from './user-file-text';

export const MAX_USER_FILE_BYTES = 64 * 1024 * 1024;
/** Number of waiting edits; each caller waits for one at a time. */
const MAX_WAITING = 10_000;
const NOTHING: UserEdit<undefined> = { users: [], result: undefined };
const EMPTY: UserRecords = { users: new Map(), groups: new Map(), lines: new Map() };

/** A user file cannot be read or written, or cannot hold a user. The message never quotes the file. */
export class UserFileError extends Error {
  override readonly name = 'UserFileError';
}

/** The result of an edit: the new or changed users, the removed users, and the answer to its caller. */
export interface UserEdit<R> {
  readonly users: readonly User[];
  /** The names of removed users. @default none */
  readonly removed?: readonly string[];
  readonly result: R;
}

export interface UserFileEditorOptions extends Pick<
  FileEditOptions<Snapshot>,
  'path' | 'create' | 'settleMs' | 'waitMs' | 'onWritten' | 'onNotice'
> {
  /** Keeps the last version in memory, so that repeated edits read the file once instead of twice. */
  readonly keepsVersion?: boolean;
}

/** The facts for deciding about an addition. */
export interface Present {
  has(username: string): boolean;
  readonly groups: ReadonlyMap<string, Group>;
}

type Decide<R> = (get: (username: string) => User | undefined) => UserEdit<R>;
type DecideAddition<R> = (isThere: (username: string) => boolean) => UserEdit<R>;

interface Job {
  readonly decide: Decide<unknown>;
  /** For a job that only adds users and needs to know only which users exist. */
  readonly decideAddition?: DecideAddition<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Edits a user file, with a single rewrite for all edits that wait at that moment. The new text is read back before it
 * is written: unless it has exactly the intended users, nothing is written.
 */
export class UserFileEditor {
  readonly #options: UserFileEditorOptions;
  #waiting: Job[] = [];
  #isWorking = false;
  #known: { text: string; records: UserRecords } | undefined;
  #indexed: { digest: string; index: UserIndex } | undefined;

  constructor(options: UserFileEditorOptions) {
    this.#options = options;
  }

  /**
   * @param decide returns the changes, given the users in the file; called again if the file was changed in the
   * meantime
   * @throws {UserFileError} when the file cannot be read or written
   * @throws {UserRefusedError} when the file cannot hold a user. An error that `decide` throws is passed on; that edit
   * then changes nothing
   */
  edit<R>(decide: Decide<R>): Promise<R> {
    return this.#enqueue({ decide });
  }

  /**
   * {@link edit} for new users: in a large file only the end of the list of users is changed, if that is possible.
   * @param decide returns the users to add, given a test for existing users
   */
  add<R>(decide: DecideAddition<R>): Promise<R> {
    return this.#enqueue({
      decide: (get) => decide((username) => get(username) !== undefined),
      decideAddition: decide,
    });
  }

  #enqueue<R>(job: { decide: Decide<R>; decideAddition?: DecideAddition<R> }): Promise<R> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new UserFileError(`${this.#options.path} is edited too often`));
    }
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push({ ...job, resolve: resolve as (result: unknown) => void, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  /**
   * The current content; empty if the file does not exist and may be created.
   * @throws {UserFileError} when the file cannot be read
   */
  async read<R>(look: (users: Snapshot) => R): Promise<R> {
    try {
      const text = await this.#text();
      return look(text === undefined ? EMPTY : await this.#read(text));
    } catch (error) {
      throw this.#describe(error);
    }
  }

  /**
   * {@link read} for callers that only need to know which users exist.
   * @throws {UserFileError} when the file cannot be read
   */
  async present<R>(look: (present: Present) => R): Promise<R> {
    try {
      return look((await this.#index()) ?? present(await this.read((users) => users)));
    } catch (error) {
      throw this.#describe(error);
    }
  }

  /** Undefined for a file that has to be read as a whole, or does not exist. */
  async #index(): Promise<UserIndex | undefined> {
    const { path } = this.#options;
    if (!existsSync(path)) return undefined;
    const file = FileVersion.open(path, MAX_USER_FILE_BYTES);
    try {
      return await this.#indexOf(file.bytes);
    } finally {
      file.close();
    }
  }

  async #indexOf(bytes: Buffer): Promise<UserIndex | undefined> {
    const keeps = this.#options.keepsVersion === true;
    const digest = keeps ? digestOf(bytes) : '';
    if (keeps && this.#indexed?.digest === digest) return this.#indexed.index;
    const index = await finishInSlices(UserIndex.read(bytes));
    this.#indexed = keeps && index !== undefined ? { digest, index } : undefined;
    return index;
  }

  async #text(): Promise<string | undefined> {
    const { path, create } = this.#options;
    if (create === true && !existsSync(path)) return undefined;
    return (await readText(path, MAX_USER_FILE_BYTES)).text;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Callers in the same turn are served together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting;
      this.#waiting = [];
      await this.#write(jobs);
    }
    this.#isWorking = false;
  }

  /** Never rejects. */
  async #write(jobs: readonly Job[]): Promise<void> {
    let settle: (() => void)[] = [];
    try {
      await editFile<Snapshot>({
        maxBytes: MAX_USER_FILE_BYTES,
        ...this.#options,
        edit: async (old) => {
          const added = await this.#insert(jobs, old);
          if (added !== undefined) {
            ({ settle } = added);
            return added.pieces && { pieces: added.pieces, value: EMPTY };
          }
          const text = old.text();
          const before = text === undefined ? EMPTY : await this.#read(text);
          const changed = new Map<string, User>();
          const removed = new Set<string>();
          const get = (name: string) =>
            changed.get(name) ?? (removed.has(name) ? undefined : before.users.get(name));
          settle = jobs.map((job) => this.#decide(job, () => job.decide(get), before, changed, removed));
          if (changed.size + removed.size === 0) return undefined;
          const next = changeUserFile(text, before, changed, removed);
          const found = await readAgain(next);
          if (found === undefined || !(await finishInSlices(holds(found, before, changed, removed)))) {
            throw new UneditableFault();
          }
          if (this.#options.keepsVersion === true) this.#known = { text: next, records: found };
          return { pieces: [old.encode(next)], value: { users: found.users, groups: found.groups } };
        },
      });
    } catch (error) {
      if (error instanceof UneditableFault && jobs.length > 1) {
        // One of the edits is impossible, which must not fail the others.
        for (const job of jobs) await this.#write([job]);
        return;
      }
      for (const job of jobs) job.reject(this.#describe(error));
      return;
    }
    for (const tell of settle) tell();
  }

  /**
   * Adds users without reading all records, if all jobs only add users and no listener needs the records. Undefined if
   * the file has to be read as a whole.
   */
  async #insert(
    jobs: readonly Job[],
    old: FileVersion,
  ): Promise<{ settle: (() => void)[]; pieces: readonly Buffer[] | undefined } | undefined> {
    if (this.#options.onWritten !== undefined || !jobs.every((job) => job.decideAddition)) return undefined;
    const index = await this.#indexOf(old.bytes);
    if (index === undefined) return undefined;
    const added = new Map<string, User>();
    const isThere = (name: string) => added.has(name) || index.has(name);
    const settle = jobs.map((job) =>
      this.#decide(job, () => job.decideAddition?.(isThere) ?? NOTHING, index, added),
    );
    if ([...added.keys()].some((name) => index.has(name))) return undefined;
    if (added.size === 0) return { settle, pieces: undefined };
    try {
      // The old index is used up. The index of the next version is kept only if that version gets written.
      this.#indexed = undefined;
      const insertion = await finishInSlices(index.insert(old.bytes, added));
      if (insertion === undefined) return undefined;
      const { pieces, index: next } = insertion;
      if (this.#options.keepsVersion === true && next !== undefined) {
        this.#indexed = { digest: digestOf(...pieces), index: next };
      }
      return { settle, pieces };
    } catch (error) {
      // Only the whole text tells whether the file can be edited at all.
      if (error instanceof FileFault) return undefined;
      throw error;
    }
  }

  /** Adds the changes of the job to `changed` and `removed`. @returns a function that answers its caller */
  #decide(
    job: Job,
    decide: () => UserEdit<unknown>,
    before: Pick<Snapshot, 'groups'>,
    changed: Map<string, User>,
    removed = new Set<string>(),
  ): () => void {
    try {
      const { users, removed: leaving = [], result } = decide();
      for (const user of users) refuseRecord(user, before);
      for (const name of leaving) {
        changed.delete(name);
        removed.add(name);
      }
      for (const user of users) {
        removed.delete(user.username);
        changed.set(
          user.username,
          frozenCopy(user, () => new UserRefusedError('A user may only have plain values')),
        );
      }
      return () => {
        job.resolve(result);
      };
    } catch (error) {
      return () => {
        job.reject(this.#describe(error));
      };
    }
  }

  async #read(text: string): Promise<UserRecords> {
    if (this.#known?.text === text) return this.#known.records;
    return finishInSlices(readUserRecords(text));
  }

  #describe(error: unknown): unknown {
    return error instanceof FileFault ? new UserFileError(describeFault(this.#options.path, error)) : error;
  }
}

async function readAgain(text: string): Promise<UserRecords | undefined> {
  try {
    return await finishInSlices(readUserRecords(text));
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

function present({ users, groups }: Snapshot): Present {
  return { has: (username) => users.has(username), groups };
}
