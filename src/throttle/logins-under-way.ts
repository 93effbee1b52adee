/**
 * Logins whose passwords are being proved. Equal ones from one address are one try: the others wait for the first,
 * so that a client which sends many requests at once is not taken for somebody who guesses. Of a password only a
 * keyed digest is kept, for as long as the login takes.
 */
import { KeyedDigest } from '../util/keyed-digest';
import { SharedProofs, type Verify } from '../util/shared-proofs';
import { keysOf } from './keys';
import type { Attempt } from './throttle';

/** Whose password is tried, from where, and which. */
export interface Login extends Attempt {
  readonly password: string;
}

/** What is under way for one account from one address. */
interface Pair {
  /** How many there are of each. */
  readonly logins: Map<string, number>;
  isContested: boolean;
}

export class LoginsUnderWay {
  readonly #digest = new KeyedDigest();
  readonly #proofs = new SharedProofs();
  readonly #pairs = new Map<string, Pair>();

  /**
   * Whether an equal login is under way, so that this one is no try of its own while others have to wait. Only until
   * another password is tried for the pair: who may not try must not find out which password is being proved.
   */
  hasEqual(login: Login): boolean {
    return this.equalTo(login)();
  }

  /** The same of the logins that are under way now, for who asks once something has answered. */
  equalTo(login: Login): () => boolean {
    const pair = this.#pairs.get(keysOf(login).pair);
    const isEqual = pair?.logins.has(this.#digestOf(login)) === true;
    return () => {
      if (pair === undefined) return false;
      if (!isEqual) pair.isContested = true;
      return !pair.isContested;
    };
  }

  /**
   * Proves a login, or waits for an equal one that is held against the same.
   * @param against the stored hash or the entry that decides about the password, and all that the answer hangs on
   * @throws what `verify` throws, and ServiceUnavailableError once the signal aborts
   */
  prove(login: Login, against: readonly string[], verify: Verify, signal: AbortSignal): Promise<boolean> {
    const key = this.#digest.of(keysOf(login).pair, login.username, login.password, ...against);
    return this.#proofs.prove(
      key,
      async (shared) => {
        const end = this.#begin(login);
        try {
          return await verify(shared);
        } finally {
          end();
        }
      },
      signal,
    );
  }

  #begin(login: Login): () => void {
    const key = keysOf(login).pair;
    const digest = this.#digestOf(login);
    const pair = this.#pairs.get(key) ?? { logins: new Map<string, number>(), isContested: false };
    this.#pairs.set(key, pair);
    pair.logins.set(digest, (pair.logins.get(digest) ?? 0) + 1);
    return () => {
      const left = (pair.logins.get(digest) ?? 0) - 1;
      if (left > 0) pair.logins.set(digest, left);
      else pair.logins.delete(digest);
      if (pair.logins.size === 0) this.#pairs.delete(key);
    };
  }

  #digestOf({ username, password }: Login): string {
    return this.#digest.of(username, password);
  }
}
