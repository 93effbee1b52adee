import type { Problem, ProblemListener, ProblemSource } from '../core/events';
import { PROBLEM_SOURCE } from '../core/events';
import type { Group, User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { WatchedFile } from '../files/watched-file';
import { rolesIn, type Snapshot } from './snapshot';
import { readUserFile } from './user-file';

const MAX_BYTES = 64 * 1024 * 1024;

export interface FileUserstoreOptions {
  /** The YAML file; a relative path starts at the working directory of the moment. */
  path: string;
  /** How often the file is looked at, in milliseconds. @default 500 */
  pollMs?: number;
}

/**
 * Users and groups from a YAML file, which is read again when it changes.
 *
 * A new version is taken as a whole or not at all: a bad one, or a deleted file, is reported and the last good
 * one stays. Replace the file by renaming a new one over it: a file cut off after a record is a good file with
 * fewer users, and one that is written in place is only protected by having to stand still for 100 ms.
 * Names are compared exactly: no case folding, trimming or Unicode normalisation.
 */
export class FileUserstore implements UserstoreInterface, ProblemSource {
  readonly #file: WatchedFile<Snapshot>;
  /** The version that each user came from, so that its groups come from there too. */
  readonly #origins = new WeakMap<User, Snapshot>();
  readonly #listeners = new Set<ProblemListener>();
  #unheard: Problem | undefined;

  /** Reads the file. @throws {ConfigurationError} with file and line when it does not hold */
  constructor(options: FileUserstoreOptions) {
    const { path, pollMs } = checked(options);
    this.#file = new WatchedFile({
      path,
      pollMs,
      maxBytes: MAX_BYTES,
      parse: readUserFile,
      onProblem: (problem) => {
        this.#report({ component: this.constructor.name, problem });
      },
    });
  }

  getUser(identifier: string): User | null {
    const snapshot = this.#file.value;
    const user = snapshot.users.get(identifier);
    if (user === undefined) return null;
    this.#origins.set(user, snapshot);
    return user;
  }

  getGroup(name: string, user?: User): Group | null {
    const snapshot = (user && this.#origins.get(user)) ?? this.#file.value;
    return snapshot.groups.get(name) ?? null;
  }

  listRoles(): Iterable<string> {
    return rolesIn(this.#file.value);
  }

  /** Ends the watching. Users are still found. */
  close(): void {
    this.#file.close();
  }

  /** The last problem that nobody has heard of yet is handed over at once. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    this.#listeners.add(listener);
    const unheard = this.#unheard;
    this.#unheard = undefined;
    if (unheard !== undefined) listener(unheard);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #report(problem: Problem): void {
    if (this.#listeners.size === 0) this.#unheard = problem;
    for (const listener of this.#listeners) listener(problem);
  }
}

function checked(options: unknown): FileUserstoreOptions {
  const { path, pollMs } = (options ?? {}) as Partial<Record<keyof FileUserstoreOptions, unknown>>;
  if (typeof path !== 'string' || path === '') {
    throw new ConfigurationError("FileUserstore needs the path of its file: super({ path: 'users.yaml' })");
  }
  if (pollMs === undefined) return { path };
  if (typeof pollMs !== 'number' || !(pollMs >= 1 && pollMs <= 3_600_000)) {
    throw new ConfigurationError('FileUserstore: pollMs must be a number from 1 to 3600000');
  }
  return { path, pollMs };
}
