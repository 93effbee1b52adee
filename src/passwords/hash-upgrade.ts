/**
 * Replaces outdated hashes when the password is available: after the reply to a successful login. The client notices
 * nothing, and a store that fails is left alone for a minute.
 */
import type { ServerResponse } from 'node:http';
import { withinDeadline } from '../http/deadline';
import { reportProblem } from '../core/events';
import { rawResponse } from '../http/raw';
import type { SecurityRequest } from '../core/request';
import { silencePromisesIn } from '../core/silence';
import type { User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';
import { describeReason } from '../util/describe-error';
import { isInstance } from '../util/instance';
import type { PasswordHasher } from './password-hasher';

/** A login with a verified password. */
export interface ProvedLogin<U extends User = User> {
  /** The provider of the login, for logs and events. */
  readonly component: string;
  readonly store: UserstoreInterface<U>;
  /** The user as the store returned it. */
  readonly user: U;
  readonly password: string;
  /** The stored hash that the password was verified against. */
  readonly hash: string;
  /** Called with the new hash once it is stored. */
  readonly onReplaced?: (newHash: string) => void;
}

const MAX_MS = 30_000;
const REST_MS = 60_000;

export class HashUpgrades {
  /** By store, so that a user is upgraded once, however many logins are simultaneous. */
  readonly #underWay = new WeakMap<object, Set<string>>();
  readonly #restUntil = new WeakMap<object, number>();

  /** @param now a monotonic clock, in milliseconds */
  constructor(
    private readonly hasher: Pick<PasswordHasher, 'hash' | 'needsRehash'>,
    private readonly now: Clock = () => performance.now(),
  ) {}

  /** Upgrades the hash after the reply, if the hash is outdated and the store accepts a new one. */
  afterReply(request: SecurityRequest, login: ProvedLogin): void {
    const { store, user } = login;
    if (typeof store.updatePassword !== 'function') return;
    if (this.now() < (this.#restUntil.get(store) ?? 0)) return;
    if (!this.#isOutdated(request, login)) return;
    const underWay = this.#usersOf(store);
    if (underWay.has(user.username)) return;
    underWay.add(user.username);
    const upgrade = () => {
      this.#upgrade(login)
        .catch((error: unknown) => {
          this.#restUntil.set(store, this.now() + REST_MS);
          report(request, login, error);
        })
        .finally(() => underWay.delete(user.username))
        .catch(() => undefined);
    };
    const response: Partial<ServerResponse> | undefined = rawResponse(request.action);
    if (response?.once === undefined || response.destroyed === true) setImmediate(upgrade);
    else response.once('close', upgrade);
  }

  /** A hasher of the app may throw, which must not fail a login. */
  #isOutdated(request: SecurityRequest, login: ProvedLogin): boolean {
    try {
      const answer: unknown = this.hasher.needsRehash(login.hash);
      silencePromisesIn(answer);
      if (typeof answer !== 'boolean') throw new TypeError('needsRehash() must return true or false');
      return answer;
    } catch (error) {
      this.#restUntil.set(login.store, this.now() + REST_MS);
      report(request, login, error);
      return false;
    }
  }

  async #upgrade({ store, user, password, hash, onReplaced }: ProvedLogin): Promise<void> {
    const current = await withinDeadline(store.getUser(user.username), MAX_MS);
    silencePromisesIn(current);
    // Another login or a password change was faster.
    if (current?.password !== hash) return;
    const newHash = await this.#hash(password);
    if (newHash === undefined) return;
    const isReplaced: unknown = await withinDeadline(store.updatePassword?.(user, newHash, hash), MAX_MS);
    if (typeof isReplaced !== 'boolean') throw new TypeError('updatePassword() must return true or false');
    if (isReplaced) onReplaced?.(newHash);
  }

  /** Undefined while too much hash work is waiting: the next login tries again. */
  async #hash(password: string): Promise<string | undefined> {
    try {
      return await this.hasher.hash(password);
    } catch (error) {
      if (isInstance(error, ServiceUnavailableError)) return undefined;
      throw error;
    }
  }

  #usersOf(store: object): Set<string> {
    const known = this.#underWay.get(store);
    if (known !== undefined) return known;
    const users = new Set<string>();
    this.#underWay.set(store, users);
    return users;
  }
}

function report(
  request: SecurityRequest,
  { component, user, password, hash }: ProvedLogin,
  error: unknown,
): void {
  // The cause of a store's ServiceUnavailableError holds the actual reason.
  const reason = describeReason(error, [password, hash]);
  reportProblem(request, {
    component,
    user: user.username,
    problem: `the outdated password hash could not be replaced (${reason})`,
  });
}
