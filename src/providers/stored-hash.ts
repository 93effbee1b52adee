import { reportProblem } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { silencePromisesIn } from '../core/silence';
import type { User } from '../core/user';
import { type UserstoreInterface, userstoreOf } from '../core/userstore';
import type { PasswordHasher } from '../passwords/password-hasher';

/** The store that a user came from: the app may have several stores behind the one that a provider is given. */
export function storeOf<U extends User>(userstore: UserstoreInterface<U>, user: U): UserstoreInterface<U> {
  return userstoreOf(userstore, user)?.store ?? userstore;
}

/** Undefined if a hasher of the app throws: an error for known users only would tell which users exist. */
function answerOf(ask: () => unknown): unknown {
  try {
    const answer = ask();
    silencePromisesIn(answer);
    return answer;
  } catch {
    return undefined;
  }
}

/** The stored hashes that passwords are verified against. Reports the reason if a hash is missing or unreadable. */
export class StoredHashes {
  /** The stores whose users without a hash have been reported. */
  readonly #reported = new WeakSet<object>();

  /** @param component returns the provider's name, for reports */
  constructor(
    private readonly hasher: () => PasswordHasher,
    private readonly component: () => string,
  ) {}

  /** Undefined if the hash is missing or unreadable. */
  readableOf<U extends User>(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    user: U,
  ): string | undefined {
    const hash = user.password ?? '';
    if (hash === '') {
      this.#reportMissing(request, userstore, user);
      return undefined;
    }
    const hasher = this.hasher();
    if (answerOf(() => hasher.isReadable(hash)) === true) return hash;
    const reason = answerOf(() => hasher.explain?.(hash));
    reportProblem(request, {
      component: this.component(),
      user: user.username,
      problem: typeof reason === 'string' ? reason : 'stored password hash cannot be read',
    });
    return undefined;
  }

  /** Reports once for each store: some users have no password, but a store that never loads it lets no user in. */
  #reportMissing<U extends User>(request: SecurityRequest, userstore: UserstoreInterface<U>, user: U): void {
    const store = storeOf(userstore, user);
    if (this.#reported.has(store)) return;
    this.#reported.add(store);
    reportProblem(request, {
      component: userstoreOf(userstore, user)?.name ?? this.component(),
      user: user.username,
      problem:
        'a user without a stored hash tried a password, which is refused: where the user has one, load it as ' +
        '`password` (a column that is left out by default, or of another name)',
    });
  }
}
