import { existsSync } from 'node:fs';
import type { User } from '../../core/user';
import { UserRefusedError } from '../../core/user-directory';
import { editFile, type FileEditOptions } from '../../files/edit-file';
import { describeFault, FileFault } from '../../files/file-fault';
import { readText } from '../../files/read-text';
import { finishInSlices } from '../../files/slices';
import { holds, refuseRecord } from '../record-fields';
import { frozenCopy, type Snapshot } from '../snapshot';
import { readUserRecords, type UserRecords } from './user-file';
import { changeUserFile, UneditableFault } from './user-file-text';

export const MAX_USER_FILE_BYTES = 64 * 1024 * 1024;
/** Edits that wait; each caller holds one at a time. */
const MAX_WAITING = 10_000;
const EMPTY: UserRecords = { users: new Map(), groups: new Map(), lines: new Map() };

/** A user file cannot be read, written or hold a user. It never quotes the file. */
export class UserFileError extends Error {
  override readonly name = 'UserFileError';
}

/** The result of an edit: the users that are new or changed, and the answer to its caller. */
export interface UserEdit<R> {
  readonly users: readonly User[];
  readonly result: R;
}

export interface UserFileEditorOptions extends Pick<
  FileEditOptions<Snapshot>,
  'path' | 'create' | 'settleMs' | 'waitMs' | 'onWritten' | 'onNotice'
> {
  /** Keeps the last version in memory, which spares one of two readings to those who edit again and again. */
  readonly keepsVersion?: boolean;
}

interface Job {
  readonly decide: (get: (username: string) => User | undefined) => UserEdit<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Edits a user file, in one rewriting for all edits that wait at that moment. The new text is read before it is
 * written: unless it has exactly the intended users, nothing is written.
 */
export class UserFileEditor {
  readonly #options: UserFileEditorOptions;
  #waiting: Job[] = [];
  #isWorking = false;
  #known: { text: string; records: UserRecords } | undefined;

  constructor(options: UserFileEditorOptions) {
    this.#options = options;
  }

  /**
   * @param decide says what to change, by the users as the file has them; asked again when that was changed meanwhile
   * @throws {UserFileError} when the file cannot be read or written
   * @throws {UserRefusedError} when it cannot hold a user. What `decide` throws comes out; nothing was changed by it then
   */
  edit<R>(decide: (get: (username: string) => User | undefined) => UserEdit<R>): Promise<R> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new UserFileError(`${this.#options.path} is edited too often`));
    }
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push({ decide, resolve: resolve as (result: unknown) => void, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  /**
   * The present content; empty when the file does not exist and may be created.
   * @throws {UserFileError} when it cannot be read
   */
  async read<R>(look: (users: Snapshot) => R): Promise<R> {
    try {
      const text = await this.#text();
      return look(text === undefined ? EMPTY : await this.#read(text));
    } catch (error) {
      throw this.#describe(error);
    }
  }

  async #text(): Promise<string | undefined> {
    const { path, create } = this.#options;
    if (create === true && !existsSync(path)) return undefined;
    return (await readText(path, MAX_USER_FILE_BYTES)).text;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Those who ask in the same turn are served together.
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
        edit: async (text) => {
          const before = text === undefined ? EMPTY : await this.#read(text);
          const changed = new Map<string, User>();
          settle = jobs.map((job) => this.#decide(job, before, changed));
          if (changed.size === 0) return undefined;
          const next = changeUserFile(text, before, changed);
          const found = await readAgain(next);
          if (found === undefined || !(await finishInSlices(holds(found, before, changed)))) {
            throw new UneditableFault();
          }
          if (this.#options.keepsVersion === true) this.#known = { text: next, records: found };
          return { text: next, value: { users: found.users, groups: found.groups } };
        },
      });
    } catch (error) {
      if (error instanceof UneditableFault && jobs.length > 1) {
        // One of them cannot be done, which must not fail the others.
        for (const job of jobs) await this.#write([job]);
        return;
      }
      for (const job of jobs) job.reject(this.#describe(error));
      return;
    }
    for (const tell of settle) tell();
  }

  /** Adds to `changed` what the job asks for. @returns what tells its caller */
  #decide(job: Job, before: Snapshot, changed: Map<string, User>): () => void {
    try {
      const { users, result } = job.decide((name) => changed.get(name) ?? before.users.get(name));
      for (const user of users) refuseRecord(user, before);
      for (const user of users) {
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
