/**
 * Logins whose passwords are being verified. Equal logins from one address count as one attempt: the others wait for
 * the first, so that a client that sends many requests at once is not mistaken for a guesser. Only a keyed digest of
 * the password is kept, for as long as the login takes.
 */
import { KeyedDigest } from '../util/keyed-digest';
import { SharedProofs, type Verify } from '../util/shared-proofs';
import { keysOf } from './keys';
import type { Attempt } from './throttle';

/** An attempt with its password. */
export interface Login extends Attempt {
  readonly password: string;
}

/** The logins under way for one account from one address. */
interface Pair {
  /** Number of logins by digest. */
  readonly logins: Map<string, number>;
  isContested: boolean;
}

export class LoginsUnderWay {
  readonly #digest = new KeyedDigest();
  readonly #proofs = new SharedProofs();
  readonly #pairs = new Map<string, Pair>();

  /**
   * Whether an equal login is under way, so that this login is no separate attempt while others have to wait. False
   * once another password is tried for the pair: a client that has to wait must not find out which password is being
   * verified.
   */
  hasEqual(login: Login): boolean {
    return this.equalTo(login)();
  }

  /** The same for the logins that are under way now, to be evaluated after an asynchronous answer. */
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
   * Verifies a login, or waits for an equal login that is verified against the same facts.
   * @param against the stored hash or entry that the password is verified against, and every other value that the
   * answer depends on
   * @throws the error that `verify` throws, and ServiceUnavailableError once the signal aborts
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
