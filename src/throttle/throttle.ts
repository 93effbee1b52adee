/**
 * Slows down password guessing. Failures are counted by account, by client address and by both together. Each attempt
 * is counted before its password is checked, so that simultaneous attempts do not slip through.
 *
 * For an address that an account has logged in from, only the budget of that pair applies. So attackers who use up the
 * account's or the address's budget cannot lock its owner out.
 */
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import type { MaybePromise } from '../core/userstore';
import { ThrottledError } from '../errors';
import { optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { Budget, type CountedTry } from './budget';
import type { Counter, CounterFactory } from './counter';
import { keysOf } from './keys';
import { MemoryCounter } from './memory-counter';

/** The options of the throttle, `throttle` of a PasswordProvider. */
export interface ThrottleOptions {
  /** Failures per hour of one account from one address before attempts are delayed. @default 10 */
  perPair?: number;
  /** Failures per hour of one account from all addresses that it did not log in from. @default 100 */
  perAccount?: number;
  /** Failures per hour from one address over all accounts that did not log in there. @default 100 */
  perAddress?: number;
}

/** The user name and client address of a login attempt. */
export interface Attempt {
  /** The user name as typed, whether or not the user exists. */
  readonly username: string;
  readonly ip: string;
}

/** An attempt that counts as failed until one of these methods is called. */
export interface CountedAttempt {
  /** Takes the count back, and remembers that the account logged in from the address. */
  succeeded(): Promise<void>;
  /** Takes the count back: it is unknown whether the password was right. */
  undecided(): Promise<void>;
}

const OPTIONS = {
  perPair: optional(wholeNumber({ min: 1, max: 1_000_000 }), 10),
  perAccount: optional(wholeNumber({ min: 1, max: 1_000_000 }), 100),
  perAddress: optional(wholeNumber({ min: 1, max: 1_000_000 }), 100),
} satisfies Record<keyof ThrottleOptions, Kind<unknown>>;
const KNOWN_SECONDS = 7 * 24 * 3600;
const MAX_KNOWN = 60_000;

/**
 * Counts in this process, in at most 32 MB: 30,000 accounts, addresses and pairs with failures each, 10,000 of each
 * that have to wait, and 60,000 pairs that logged in. Beyond these bounds, a new key pushes out the one that counts
 * least: it has fewer failures, or less time to wait, than others.
 */
export class Throttle implements ProblemSource {
  readonly #pairs: Budget;
  readonly #accounts: Budget;
  readonly #addresses: Budget;
  readonly #known: Counter;

  /**
   * @param counter one of the library's own counters; for several machines use `RedisThrottle`
   * @throws ConfigurationError for options that are unknown or out of bounds
   */
  constructor(
    options: ThrottleOptions = {},
    counter: CounterFactory = ({ seconds, maxKeys }) => new MemoryCounter(seconds, maxKeys),
  ) {
    const { perPair, perAccount, perAddress } = parseOptions('throttle', withoutContainer(options), OPTIONS);
    this.#pairs = new Budget('pair', perPair, counter);
    this.#accounts = new Budget('account', perAccount, counter);
    this.#addresses = new Budget('address', perAddress, counter);
    this.#known = counter({ name: 'known', seconds: KNOWN_SECONDS, maxKeys: MAX_KNOWN });
  }

  /** A throttle in memory has no problems to report. */
  [PROBLEM_SOURCE](_listener: ProblemListener): () => void {
    return () => undefined;
  }

  /**
   * Counts nothing. Synchronous if it is known immediately that nothing has to wait.
   * @throws ThrottledError when an attempt would have to wait
   */
  check(attempt: Attempt): MaybePromise<void> {
    if (this.#isIdle()) return;
    const { pair, account, address } = keysOf(attempt);
    const forPair = this.#pairs.waitMs(pair);
    const forAccount = this.#accounts.waitMs(account);
    const forAddress = this.#addresses.waitMs(address);
    // Counters in memory answer synchronously.
    if (forPair === 0 && forAccount === 0 && forAddress === 0) return;
    return this.#refuseWaiting(pair, [forPair, forAccount, forAddress]);
  }

  /** A fast path: this runs for every right password, and building the keys takes longer. */
  #isIdle(): boolean {
    return this.#pairs.isIdle && this.#accounts.isIdle && this.#addresses.isIdle;
  }

  async #refuseWaiting(pair: string, waits: readonly MaybePromise<number>[]): Promise<void> {
    const [own = 0, ...shared] = await Promise.all(waits.map((wait) => Promise.resolve(wait)));
    const longest = Math.max(own, ...shared);
    if (longest === 0) return;
    const waitMs = (await this.#known.remainingMs(pair)) > 0 ? own : longest;
    if (waitMs > 0) throw new ThrottledError({ retryAfterSeconds: waitMs / 1000 });
  }

  /**
   * The same as {@link check} by the counts of this process only, and synchronously: nothing can happen between it and
   * a {@link count} that follows.
   * @throws ThrottledError when an attempt would have to wait
   */
  checkHere(attempt: Attempt): void {
    if (this.#isIdle()) return;
    const { pair, account, address } = keysOf(attempt);
    const own = this.#pairs.waitMsHere(pair);
    const longest = Math.max(own, this.#accounts.waitMsHere(account), this.#addresses.waitMsHere(address));
    if (longest === 0) return;
    const waitMs = this.#known.remainingMsHere(pair) > 0 ? own : longest;
    if (waitMs > 0) throw new ThrottledError({ retryAfterSeconds: waitMs / 1000 });
  }

  /**
   * Counts an attempt as failed.
   * @throws ThrottledError when the attempt has to wait; it is not counted then
   */
  async count(attempt: Attempt): Promise<CountedAttempt> {
    const { pair, account, address } = keysOf(attempt);
    const budgets = [{ budget: this.#pairs, key: pair }];
    const known = this.#known.remainingMs(pair);
    if ((typeof known === 'number' ? known : await known) === 0) {
      budgets.push({ budget: this.#accounts, key: account }, { budget: this.#addresses, key: address });
    }
    const counted: CountedTry[] = [];
    const giveBack = async (): Promise<void> => {
      await Promise.all(counted.map((one) => one.giveBack()));
    };
    for (const { budget, key } of budgets) {
      const counting = budget.count(key);
      const one = counting instanceof Promise ? await counting : counting;
      if (one === undefined) {
        await giveBack();
        throw new ThrottledError({ retryAfterSeconds: (await budget.waitMs(key)) / 1000 });
      }
      counted.push(one);
    }
    return {
      undecided: giveBack,
      succeeded: async () => {
        await Promise.all([this.#known.renew(pair), giveBack()]);
      },
    };
  }
}
