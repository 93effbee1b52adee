import { resolve } from 'node:path';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../../core/events';
import { stampAfter } from '../../core/stamp';
import type { Group, User } from '../../core/user';
import type { PasswordUpdate, UserstoreInterface } from '../../core/userstore';
import { ServiceUnavailableError } from '../../errors';
import { type FileOptions, fileOptions } from '../../files/file-options';
import { ProblemBoard } from '../../core/problem-board';
import type * as WatchedFileModule from '../../files/watched-file';
import { lazy } from '../../util/lazy';
import { parseOptions, withoutContainer } from '../../util/parse-options';
import { isSameSecret } from '../../util/same-secret';
import { rolesIn, type Snapshot } from '../snapshot';
import type * as UserFileModule from './user-file';
import type * as UserFileEditModule from './user-file-edit';

/** The options of {@link FileUserstore}. */
export type FileUserstoreOptions = FileOptions;

const OPTIONS = fileOptions('users.yaml');

// Loaded with the first store of an app: the modules that read and edit YAML make up a large part of the library's
// import time.
/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
const loaded = lazy(() => ({
  ...(require('../../files/watched-file') as typeof WatchedFileModule),
  ...(require('./user-file') as typeof UserFileModule),
  ...(require('./user-file-edit') as typeof UserFileEditModule),
}));
/* eslint-enable @typescript-eslint/no-require-imports */

/**
 * Users and groups from a YAML file, which is read again when it changes.
 *
 * A new version is taken as a whole or not at all: an invalid version or a deleted file is reported, and the last valid
 * version stays in force. Replace the file by renaming a new one over it. A file that is cut off after a record is a
 * valid file with fewer users, and a file that is written in place is protected only by the rule that it must be
 * unchanged for 100 ms. Names are compared exactly: no case folding, trimming or Unicode normalisation.
 */
export class FileUserstore implements UserstoreInterface, ProblemSource {
  readonly #file: WatchedFileModule.WatchedFile<Snapshot>;
  readonly #editor: UserFileEditModule.UserFileEditor;
  /** The version that each user came from, so that its groups come from the same version. */
  readonly #origins = new WeakMap<User, Snapshot>();
  readonly #problems = new ProblemBoard();

  /** Reads the file. @throws {ConfigurationError} with file and line when the file is not valid */
  constructor(options: FileUserstoreOptions) {
    const { path, pollMs } = parseOptions('FileUserstore', withoutContainer(options), OPTIONS);
    const { WatchedFile, readUserFile, UserFileEditor, MAX_USER_FILE_BYTES } = loaded();
    this.#file = new WatchedFile({
      path,
      pollMs,
      maxBytes: MAX_USER_FILE_BYTES,
      parse: readUserFile,
      onProblem: (problem) => {
        this.#problems.report({ component: this.constructor.name, problem });
      },
    });
    this.#editor = new UserFileEditor({
      path: resolve(path),
      onWritten: (version) => {
        this.#file.take(version);
      },
      onNotice: (problem) => {
        this.#problems.report({ component: this.constructor.name, problem });
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

  /**
   * Stores the hash in the file, in one step that respects changes by other writers. This store has the new hash before
   * the promise resolves, other processes when they next read the file. Comments and the rest of the file stay.
   * @throws {ServiceUnavailableError} when the file cannot be written; its cause gives the reason
   */
  async updatePassword(
    { username }: User,
    newHash: string,
    oldHash: string,
    changes?: PasswordUpdate,
  ): Promise<boolean> {
    try {
      return await this.#editor.edit((get) => {
        const user = get(username);
        if (user?.password == null || !isSameSecret(user.password, oldHash))
          return { users: [], result: false };
        const tokensValidFrom = stampAfter(user.tokensValidFrom, changes);
        return { users: [{ ...user, password: newHash, tokensValidFrom }], result: true };
      });
    } catch (cause) {
      throw new ServiceUnavailableError({ cause });
    }
  }

  listRoles(): Iterable<string> {
    return rolesIn(this.#file.value);
  }

  /** Stops watching the file, until an app uses the store again. Users are still found. */
  close(): void {
    this.#file.close();
  }

  /** Reports the last unreported problem to the listener immediately. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    // An app that begins to use it listens.
    this.#file.resume();
    return this.#problems.listen(listener);
  }
}
