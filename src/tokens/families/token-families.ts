/** The functions of a token service that need a state store: token families and revocation. */
import type { Authentication } from '../../core/authentication';
import type { AppFacts } from '../../core/auth-provider';
import { type Problem, PROBLEM_SOURCE, type ProblemSource } from '../../core/events';
import type { SecurityRequest } from '../../core/request';
import { type RequestLike, requestOf } from '../../core/request-like';
import type { MaybePromise } from '../../core/userstore';
import { hold, release } from '../../components/holders';
import type { Clock } from '../../util/clock';
import type { VerifiedToken } from '../claims';
import type { StateSettings } from '../state-options';
import { Apps } from '../../core/apps';
import { endFamily, endUser, isAlive, isOf, isOwn } from './ends';
import { ConfigurationError } from '../../errors';
import { FamilyStore } from './family-store';
import { listFamilies, namesOf, type TokenFamily } from './list-families';
import { Revocations } from '../revocation/revocations';
import type { FamilyParts, IssuedTokens } from './parts';
import type { UserName } from '../../core/named-user';
import { personOf } from '../../core/person';
import { refreshFamily } from './refresh-family';
import { digestOf, isFamilyId } from './refresh-token';
import { RevokedTokens, type RevocationReader } from './revoked-tokens';
import { startFamily } from './start-family';

const DAY_MS = 86_400_000;

/** The optional functions of a store. */
type Store = object & Partial<ProblemSource> & { close?(): void | Promise<void> };

export interface TokenFamiliesOptions {
  readonly stateful: StateSettings;
  /** How long a token that is issued now may be accepted. */
  readonly lifeSeconds: number;
  readonly clock: Clock;
  readonly sign: FamilyParts['sign'];
  /** The issuer and audience of the tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** The name of the service, for problem reports. */
  readonly name: string;
}

export class TokenFamilies {
  readonly #parts: FamilyParts;
  readonly #name: string;
  readonly #reader: RevocationReader | undefined;
  /** The state store, and the log if it is another object. */
  readonly #stores: readonly Store[];
  /** Undefined until an app starts. */
  #listening: readonly (() => void)[] | undefined;
  readonly isRefreshOn: boolean;

  constructor({ stateful, lifeSeconds, clock, sign, issuer, audience, name }: TokenFamiliesOptions) {
    const { state, refresh: settings, isRefreshOn, revocation } = stateful;
    this.isRefreshOn = isRefreshOn;
    this.#stores = [...new Set<Store>([state, ...(revocation ? [revocation.log] : [])])];
    this.#reader = revocation && new Revocations({ log: revocation.log, clock }, revocation);
    const now = (): number => {
      const time = clock();
      if (!Number.isFinite(time)) throw new TypeError('The clock of the token service is broken');
      return Math.floor(time);
    };
    this.#name = name;
    this.#parts = {
      service: digestOf(JSON.stringify([issuer, audience])),
      store: new FamilyStore(state, settings),
      settings,
      apps: new Apps('TokenService', 'TokenProvider'),
      revoked: new RevokedTokens({ reader: this.#reader, lifeMs: lifeSeconds * 1000, now }),
      now,
      sign,
    };
  }

  /** True once an app with a provider that holds the service has started. */
  get hasApp(): boolean {
    return this.#parts.apps.of() !== undefined;
  }

  get ready(): Promise<unknown> {
    return this.#reader?.ready ?? Promise.resolve();
  }

  /** Reports the userstores in which a changed password does not show. */
  onStart(app: AppFacts): void {
    const { apps, settings } = this.#parts;
    apps.start(app);
    this.#listen();
    this.#reader?.start();
    if (!this.isRefreshOn) return;
    for (const store of app.userstoresWithoutStamp) {
      const days = settings.maxMsWithoutStamp / DAY_MS;
      app.report({
        component: this.#name,
        problem:
          `the users of ${store} have no tokensValidFrom, so a changed password does not end their refresh tokens: ` +
          `these end ${String(days)} day(s) after the login (refresh.maxDaysWithoutStamp)`,
      });
    }
  }

  /** Also closes the stores, with the last service that uses them. */
  async close(): Promise<void> {
    if (this.#listening === undefined) return;
    for (const stop of this.#listening) stop();
    this.#listening = undefined;
    this.#reader?.close();
    const unused = this.#stores.filter((store) => release(store));
    await Promise.all(unused.map(async (store) => store.close?.()));
  }

  start(login: Authentication, authenticatedAt: number, request?: RequestLike): Promise<IssuedTokens> {
    return startFamily(this.#parts, login, authenticatedAt, this.#requestOf('start', request));
  }

  refresh(refreshToken: string, request?: RequestLike): Promise<IssuedTokens> {
    return refreshFamily(this.#parts, refreshToken, this.#requestOf('refresh', request));
  }

  isRevoked(token: VerifiedToken): MaybePromise<boolean> {
    return this.#parts.revoked.isRevoked(token);
  }

  /** @throws ConfigurationError when revocation is off */
  async revokeToken(token: VerifiedToken): Promise<void> {
    if (this.#reader === undefined) {
      throw new ConfigurationError('TokenService.revokeToken(): `revocation` is false');
    }
    await this.#parts.revoked.token(token);
  }

  revokeFamily(familyId: string, request?: SecurityRequest): Promise<void> {
    return endFamily(this.#parts, familyId, request);
  }

  async revokeUser(user: Authentication | UserName, request?: SecurityRequest): Promise<void> {
    const { person, names } = await namesOf(this.#parts, user, request);
    await endUser(this.#parts, person, names, request);
  }

  list(user: Authentication | UserName, request?: SecurityRequest): Promise<readonly TokenFamily[]> {
    return listFamilies(this.#parts, user, request);
  }

  /**
   * Ends a family of the login's own user. False if there is no such family.
   * @throws ServiceUnavailableError
   */
  async revokeOwn(login: Authentication, familyId: string, request: SecurityRequest): Promise<boolean> {
    if (!isFamilyId(familyId)) return false;
    const { person, names } = await namesOf(this.#parts, login, request);
    const { record } = (await this.#parts.store.get(familyId)) ?? {};
    if (record === undefined || !isAlive(record, this.#parts)) return false;
    if (!names.includes(record.user) || !isOf(record, person) || !isOwn(record, this.#parts)) return false;
    await endFamily(this.#parts, familyId, request);
    return true;
  }

  /** Ends the family of the login's token, unless it belongs to another user. */
  async revokeCurrent(login: Authentication, familyId: string, request: SecurityRequest): Promise<boolean> {
    if (!isFamilyId(familyId)) return false;
    const person = personOf('TokenService', login, this.#parts.apps.of(request));
    const { record } = (await this.#parts.store.get(familyId)) ?? {};
    if (record !== undefined && (record.user !== login.user.username || !isOf(record, person))) return false;
    await endFamily(this.#parts, familyId, request);
    return true;
  }

  /** @throws TypeError if the value is not the request of an action of an app with this service */
  #requestOf(call: string, request: RequestLike | undefined): SecurityRequest | undefined {
    return request === undefined ? undefined : requestOf(this.#parts.apps, call, request);
  }

  /** Forwards the problems of the stores, for example a full store. */
  #listen(): void {
    if (this.#listening !== undefined) return;
    const report = (problem: Problem): void => {
      this.#parts.apps.report(problem);
    };
    for (const store of this.#stores) hold(store);
    const sources = this.#stores.map((store) => store[PROBLEM_SOURCE]?.(report));
    const ends = [this.#reader?.listen(report), ...sources];
    this.#listening = ends.filter((end) => end !== undefined);
  }
}
