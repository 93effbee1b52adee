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

// Loaded with the first store of an app: reading and editing YAML takes a good part of what importing the library takes.
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
 * A new version is taken as a whole or not at all: a bad one, or a deleted file, is reported and the last good
 * one stays. Replace the file by renaming a new one over it: a file cut off after a record is a good file with
 * fewer users, and one that is written in place is only protected by having to stand still for 100 ms.
 * Names are compared exactly: no case folding, trimming or Unicode normalisation.
 */
export class FileUserstore implements UserstoreInterface, ProblemSource {
  readonly #file: WatchedFileModule.WatchedFile<Snapshot>;
  readonly #editor: UserFileEditModule.UserFileEditor;
  /** The version that each user came from, so that its groups come from there too. */
  readonly #origins = new WeakMap<User, Snapshot>();
  readonly #problems = new ProblemBoard();

  /** Reads the file. @throws {ConfigurationError} with file and line when it is not valid */
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
   * Stores the hash in the file, in one step with what others write there. This store has it before it resolves, other
   * processes when they look at the file next. Comments and the rest of the file stay.
   * @throws {ServiceUnavailableError} when the file cannot be written; its cause says why
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

  /** Ends the watching. Users are still found. */
  close(): void {
    this.#file.close();
  }

  /** The last problem that nobody has heard of yet is handed over at once. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }
}
