/**
 * Slows down the guessing of passwords: failures are counted by account, by client address and by both
 * together, and each try is counted before its password is looked at, so that tries at once do not slip through.
 *
 * An account that logged in from an address has only the budget of the pair there, so that others, who use up
 * the account's or the address's budget, cannot lock its owner out.
 */
import { ConfigurationError, ThrottledError } from '../errors';
import { Budget, type Counted } from './budget';
import { accountKey, addressKey } from './keys';
import { MemoryCounter } from './memory-counter';

export interface ThrottleOptions {
  /** Failures an hour of one account from one address before tries are delayed. @default 10 */
  perPair?: number;
  /** Failures an hour of one account from all addresses that it did not log in from. @default 100 */
  perAccount?: number;
  /** Failures an hour from one address over all accounts that did not log in there. @default 100 */
  perAddress?: number;
}

/** Whose password is tried, and from where. */
export interface Attempt {
  /** As it was typed; whether there is such a user does not matter. */
  readonly username: string;
  readonly ip: string;
}

/** A try that counts as failed until one of these is called. */
export interface CountedAttempt {
  /** Takes the count back, and remembers that the account logged in from the address. */
  succeeded(): Promise<void>;
  /** Takes the count back: it is not known whether the password was right. */
  undecided(): Promise<void>;
}

const MAX_KEYS = 100_000;
const KNOWN_SECONDS = 7 * 24 * 3600;

export class Throttle {
  readonly #pairs: Budget;
  readonly #accounts: Budget;
  readonly #addresses: Budget;
  readonly #known = new MemoryCounter(KNOWN_SECONDS, MAX_KEYS);

  /** @throws ConfigurationError for options out of bounds */
  constructor(options: ThrottleOptions = {}) {
    this.#pairs = new Budget(count('perPair', options.perPair ?? 10), MAX_KEYS);
    this.#accounts = new Budget(count('perAccount', options.perAccount ?? 100), MAX_KEYS);
    this.#addresses = new Budget(count('perAddress', options.perAddress ?? 100), MAX_KEYS);
  }

  /**
   * Counts nothing.
   * @throws ThrottledError when a try would have to wait
   */
  async check(attempt: Attempt): Promise<void> {
    const waits = (await this.#budgets(attempt)).map(({ budget, key }) => budget.waitMs(key));
    const waitMs = Math.max(...(await Promise.all(waits)));
    if (waitMs > 0) throw new ThrottledError({ retryAfterSeconds: waitMs / 1000 });
  }

  /**
   * Counts a try as failed.
   * @throws ThrottledError when it has to wait; it is not counted then
   */
  async count(attempt: Attempt): Promise<CountedAttempt> {
    const counted: Counted[] = [];
    const giveBack = async (): Promise<void> => {
      await Promise.all(counted.map((one) => one.giveBack()));
    };
    for (const { budget, key } of await this.#budgets(attempt)) {
      const one = await budget.count(key);
      if (one === undefined) {
        await giveBack();
        throw new ThrottledError({ retryAfterSeconds: (await budget.waitMs(key)) / 1000 });
      }
      counted.push(one);
    }
    return {
      undecided: giveBack,
      succeeded: async () => {
        const { pair } = keysOf(attempt);
        // Anew, so that its time runs from the last login.
        await this.#known.delete(pair);
        await Promise.all([this.#known.add(pair), giveBack()]);
      },
    };
  }

  async #budgets(attempt: Attempt): Promise<{ budget: Budget; key: string }[]> {
    const { pair, account, address } = keysOf(attempt);
    const own = { budget: this.#pairs, key: pair };
    if ((await this.#known.remainingMs(pair)) > 0) return [own];
    return [own, { budget: this.#accounts, key: account }, { budget: this.#addresses, key: address }];
  }
}

function keysOf({ username, ip }: Attempt): { pair: string; account: string; address: string } {
  const account = accountKey(username);
  const address = addressKey(ip);
  // No address has a space.
  return { account, address, pair: `${address} ${account}` };
}

function count(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new ConfigurationError(`throttle: ${name} must be a whole number from 1 to 1000000`);
}
