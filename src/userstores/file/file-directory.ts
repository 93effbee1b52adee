import { randomUUID } from 'node:crypto';
import type { User } from '../../core/user';
import type { UserChange, UserDirectory } from '../../core/user-directory';
import { UserFileEditor, type UserFileEditorOptions } from './user-file-edit';

/** Manages the users of a YAML file. Every change is on disk before its promise resolves. */
export class FileUserDirectory implements UserDirectory {
  readonly #editor: UserFileEditor;

  constructor(options: UserFileEditorOptions) {
    this.#editor = new UserFileEditor({ keepsVersion: true, ...options });
  }

  get(username: string): Promise<User | undefined> {
    return this.#editor.read(({ users }) => users.get(username));
  }

  async *list(): AsyncIterable<User> {
    yield* await this.#editor.read(({ users }) => users.values());
  }

  existing(usernames: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#editor.present((users) => new Set(usernames.filter((name) => users.has(name))));
  }

  add(user: User): Promise<boolean> {
    return this.#editor.add((isThere) =>
      isThere(user.username) ? { users: [], result: false } : { users: [created(user)], result: true },
    );
  }

  update(username: string, change: (user: User) => UserChange): Promise<boolean> {
    return this.#editor.edit((get) => {
      const user = get(username);
      if (user === undefined) return { users: [], result: false };
      return { users: [{ ...user, ...change(user), username }], result: true };
    });
  }

  addAll(users: readonly User[]): Promise<readonly string[]> {
    return this.#editor.add((isThere) => {
      const added = new Map<string, User>();
      const there: string[] = [];
      for (const user of users) {
        if (added.has(user.username) || isThere(user.username)) there.push(user.username);
        else added.set(user.username, created(user));
      }
      return { users: [...added.values()], result: there };
    });
  }

  remove(username: string): Promise<boolean> {
    return this.#editor.edit((get) => {
      const isThere = get(username) !== undefined;
      return { users: [], removed: isThere ? [username] : [], result: isThere };
    });
  }

  groupNames(): Promise<ReadonlySet<string>> {
    return this.#editor.present(({ groups }) => new Set(groups.keys()));
  }
}

/** Adds a permanent id: a later user of the same name gets another one. */
function created(user: User): User {
  return { ...user, id: randomUUID() };
}
