import { hiddenProperty } from '../util/hidden-property';
import { type Factor, fixedFactors, methodsOf, oldestOf } from './factors';
import { NO_NAMES, NOTHING } from './frozen-json';
import { stampOf } from './stamp';
import { type User, userIdOf } from './user';

/** The facts about a login beside the user. */
export interface AuthenticationDetails {
  /**
   * The time at which the user proved their identity; for a token, the time of the login behind it. Null if it is
   * unknown: then the login is never recent. @default now, but null for a provider that declares that it `proves` a
   * session, a token or a key
   */
  authenticatedAt?: Date | null | undefined;
  /** The methods of the proof, as RFC 8176 values if one fits: `pwd`, `otp`, `kerberos`. @default [] */
  methods?: readonly string[];
  /**
   * The methods, each with its own time: see {@link Authentication.factors}. If neither a time nor methods are stated
   * as well, the login has the oldest time and the methods of the factors. @default the methods, each at the time of
   * the login
   */
  factors?: readonly Factor[] | undefined;
  /** The scopes that limit the credential; undefined means no limit. */
  scopes?: readonly string[] | undefined;
  /** Roles that the credential adds to those of the user. @default [] */
  roles?: readonly string[];
  /** True if the credential counts only with a key that the client has proved to hold (DPoP, mTLS). @default false */
  isBound?: boolean;
  /** The time at which the credential expires; undefined if it does not expire by itself. */
  expiresAt?: Date | undefined;
  /** The time until which the credential is accepted: its expiry plus the clock tolerance. @default expiresAt */
  acceptedUntil?: Date | undefined;
  /** Further statements of the credential, for example a token's claims. @default {} */
  claims?: Readonly<Record<string, unknown>>;
  /** The `tokensValidFrom` at the time of the login, in milliseconds; 0 for none. @default that of the user */
  stamp?: number;
  /** The token family that the credential belongs to: see {@link Authentication.familyId}. @default none */
  familyId?: string | undefined;
  /** The session of the credential: see {@link Authentication.sessionId}. @default none */
  sessionId?: string | undefined;
  /**
   * Headers of the reply to this request, whatever the action answers: for a proof of the server's identity to the
   * client. Several values become several header lines; a Set-Cookie is added to those of the action. @default {}
   */
  replyHeaders?: Readonly<Record<string, string | readonly string[]>>;
}

/** The origin of a login's user. */
export interface AuthenticationSource {
  /** `provider` if no userstore of the app has the user. */
  readonly kind: 'userstore' | 'provider';
  readonly name: string;
}

/**
 * The way in which a request was authenticated: by a proof in this very request (a password, a ticket), by a session,
 * by a token, or by an API key.
 */
export type ProvedBy = 'login' | 'session' | 'token' | 'key';

/** From the strongest to the weakest. Only a login may start credentials that outlive it. */
const STRENGTH: readonly ProvedBy[] = ['login', 'session', 'token', 'key'];

export function isProvedBy(value: unknown): value is ProvedBy {
  return (STRENGTH as readonly unknown[]).includes(value);
}

function weaker(one: ProvedBy, other: ProvedBy): ProvedBy {
  return STRENGTH.indexOf(one) > STRENGTH.indexOf(other) ? one : other;
}

/** The facts about a login that only the chain knows. */
interface Origin {
  readonly source: AuthenticationSource | undefined;
  /** The name of the userstore, in an app with several. */
  readonly home: string | undefined;
  readonly provedBy: ProvedBy;
  readonly familyId: string | undefined;
  readonly sessionId: string | undefined;
  readonly stamp: number | undefined;
  /** The permanent id of the user's record. */
  readonly userId: string | undefined;
  /** True for credentials that a browser sends again by itself: a password of Basic, a ticket, a certificate. */
  readonly isRepeated: boolean;
}

/** The key by which the chain passes an origin to the constructor. Code outside this file does not have it. */
const ORIGIN: unique symbol = Symbol('securest.origin');

/** Origins by the app's user object, so that a login that the app states for this user keeps its source. */
const ORIGINS = hiddenProperty<Origin>();

/**
 * One proven login: the user, the time and the methods. A provider returns it instead of a bare user if it knows more
 * than the user. `new Authentication(user)` states a new login at the present time. `new Authentication(user, login)`
 * keeps all facts about how and where `login` was proved.
 */
export class Authentication<U extends User = User> {
  /** The user, without the stored password hash. */
  readonly user: U;
  /** The time at which the user last proved their identity; undefined if it is unknown. */
  readonly authenticatedAt: Date | undefined;
  /** The methods of the login, by the names of RFC 8176 if one fits: `pwd`, `otp`, `kerberos`; empty if unknown. */
  readonly methods: readonly string[];
  /** The scopes that limit the credential; undefined for a credential without limits, such as a password. */
  readonly scopes: readonly string[] | undefined;
  /** Roles that the login adds to those of the user, such as roles of a token. */
  readonly roles: readonly string[];
  /** True if the credential works only together with a key or a certificate of the client. @see RFC 8705, RFC 9449 */
  readonly isBound: boolean;
  /** The time at which the credential expires; undefined if it does not expire. */
  readonly expiresAt: Date | undefined;
  /** Further statements of the credential, such as the claims of a token. Frozen. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The origin of the user; set by the chain. Undefined for a login that the app states itself. */
  readonly source: AuthenticationSource | undefined;
  /**
   * The way in which this request was authenticated; set by the chain from the provider's `proves`. A login that the
   * app states itself counts as `login`, unless its user, or the login given as details, was authenticated otherwise.
   */
  readonly provedBy: ProvedBy;
  /**
   * The token family: all tokens that one login started, each refresh token following the one before. Undefined for
   * other credentials, and for tokens of `issue()` alone.
   */
  readonly familyId: string | undefined;
  /** The session of the request's cookie; undefined for other credentials. */
  readonly sessionId: string | undefined;
  /**
   * The `tokensValidFrom` of the user's record at the time of the login, in milliseconds, 0 for none; for the epoch
   * itself a number that no Date has. A token carries it, and is valid only while the record has the same value.
   */
  readonly stamp: number;
  /** Headers of the reply to this request, by name, such as `DPoP-Nonce`. */
  readonly replyHeaders: Readonly<Record<string, string | readonly string[]>>;
  readonly #home: string | undefined;
  readonly #userId: string | undefined;
  readonly #acceptedUntil: Date | undefined;
  readonly #isTimeStated: boolean;
  readonly #isRepeated: boolean;
  readonly #factors: readonly Factor[] | undefined;

  /** @throws TypeError for a detail with an unknown name: a misspelt `expiresAt` would make a login without an end */
  constructor(user: U, details: AuthenticationDetails = {}) {
    refuseUnknown(details);
    const { source, home, provedBy, familyId, sessionId, stamp, userId, isRepeated } = originOf(
      user,
      details,
    );
    this.user = user;
    const factors = Authentication.statedFactors(details);
    const isTimeStated = factors !== undefined || Authentication.isTimeStated(details);
    this.authenticatedAt = timeOfLogin(details, factors, isTimeStated);
    this.methods = details.methods ?? (factors === undefined ? NO_NAMES : methodsOf(factors));
    this.scopes = details.scopes;
    this.roles = details.roles ?? NO_NAMES;
    this.isBound = details.isBound ?? false;
    this.expiresAt = details.expiresAt;
    this.claims = details.claims ?? NOTHING;
    this.source = source;
    this.provedBy = provedBy;
    this.familyId = familyId;
    this.sessionId = sessionId;
    this.stamp = stamp ?? stampOf(user);
    this.replyHeaders = details.replyHeaders ?? NOTHING;
    this.#home = home;
    this.#userId = userId;
    this.#acceptedUntil = Authentication.acceptedUntil(details) ?? details.expiresAt;
    this.#isTimeStated = isTimeStated;
    this.#isRepeated = isRepeated;
    this.#factors = factors;
  }

  /**
   * The methods of the proof, each with its own time. Without stated factors, they are the login's `methods`, or
   * `login` if it has no methods, each at the time of the login.
   */
  get factors(): readonly Factor[] {
    if (this.#factors !== undefined) return this.#factors;
    const at = this.authenticatedAt ?? null;
    const methods = this.methods.length === 0 ? ['login'] : this.methods;
    return methods.map((method) => ({ method, at }));
  }

  /** The time until which the credential is accepted. @internal */
  static acceptedUntil(details: AuthenticationDetails): Date | undefined {
    return #acceptedUntil in details ? details.#acceptedUntil : details.acceptedUntil;
  }

  /** True if the time of the login was stated. @internal */
  static isTimeStated(details: AuthenticationDetails): boolean {
    if (#isTimeStated in details) return details.#isTimeStated;
    if (details.authenticatedAt !== undefined) return true;
    // A login that was spread has no private fields, and its unknown time must not become "now". If the user was
    // removed from the copy, its source is still there.
    return Object.hasOwn(details, 'user') || Object.hasOwn(details, 'source');
  }

  /** The factors that were stated. @throws TypeError for an invalid list of factors. @internal */
  static statedFactors(details: AuthenticationDetails): readonly Factor[] | undefined {
    if (#factors in details) return details.#factors;
    const { factors } = details;
    // The chain has frozen these factors already.
    if (ORIGIN in details) return factors;
    // Without a factor the login would have no proof.
    return factors === undefined || factors.length === 0 ? undefined : fixedFactors(factors);
  }

  /**
   * True if a browser sends the credential again by itself, so that it proves nothing about the user's presence.
   * @internal
   */
  static isRepeated(login: Authentication): boolean {
    return login.#isRepeated;
  }

  /** The userstore of its user, in an app with several. @internal */
  static homeOf(login: Authentication): string | undefined {
    return login.#home;
  }

  /** The permanent id of its user's record, which the app's view of the user may lack. @internal */
  static userIdOf(login: Authentication): string | undefined {
    return login.#userId;
  }
}

/** The facts that the chain adds to those of the provider. */
export interface ChainFacts<U extends User> {
  /** The user as the app may see it. */
  readonly user: U;
  readonly source: AuthenticationSource | undefined;
  readonly home: string | undefined;
  readonly stamp: number;
  /** The permanent id of the user's record. */
  readonly userId?: string | undefined;
  /** @default 'token', which cannot start any credentials */
  readonly provedBy?: ProvedBy;
  readonly familyId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** @default false */
  readonly isRepeated?: boolean;
  /** The time of the login, if the provider does not state it; null if it is unknown. */
  readonly now: number | null;
  /** Replaces the headers that the provider stated. */
  readonly replyHeaders?: AuthenticationDetails['replyHeaders'] | undefined;
  /** Replaces the lists that the provider stated. */
  readonly lists?: StatedLists | undefined;
}

/** The lists of a login, which do not change any more. */
export type StatedLists = {
  readonly [Name in 'methods' | 'scopes' | 'roles']?: Authentication[Name] | undefined;
};

/** Makes a login as the chain found it. For the chain alone: a login made by the app cannot choose its source. */
export function provedLogin<U extends User>(
  details: AuthenticationDetails,
  facts: ChainFacts<U>,
): Authentication<U> {
  const {
    user,
    source,
    home,
    stamp,
    userId,
    provedBy = 'token',
    familyId,
    sessionId,
    isRepeated = false,
    now,
    replyHeaders,
    lists = details,
  } = facts;
  // A provider may have changed this value since the start, and an unknown value must not count as a login.
  const known: ProvedBy = isProvedBy(provedBy) ? provedBy : 'key';
  const origin: Origin = { source, home, provedBy: known, familyId, sessionId, stamp, userId, isRepeated };
  noteOrigin(user, origin);
  const isTimeStated = Authentication.isTimeStated(details);
  const found = now === null ? null : new Date(now);
  const proved: HandedOver = {
    authenticatedAt: isTimeStated ? (details.authenticatedAt ?? null) : found,
    methods: lists.methods,
    factors: Authentication.statedFactors(details),
    scopes: lists.scopes,
    roles: lists.roles,
    isBound: details.isBound,
    expiresAt: details.expiresAt,
    acceptedUntil: Authentication.acceptedUntil(details),
    claims: details.claims,
    stamp,
    familyId,
    sessionId,
    replyHeaders: replyHeaders ?? details.replyHeaders,
    [ORIGIN]: origin,
  };
  return new Authentication(user, proved as AuthenticationDetails);
}

/** The chain's statements about a login. An undefined value gets its default. */
type HandedOver = {
  readonly [Name in keyof AuthenticationDetails]-?: AuthenticationDetails[Name] | undefined;
} & {
  readonly [ORIGIN]: Origin;
};

/** True if an authentication has no fields beyond those that every authentication has. @internal */
export function isBareAuthentication(login: Authentication): boolean {
  return (
    Object.getPrototypeOf(login) === Authentication.prototype && Reflect.ownKeys(login).length === OWN_FIELDS
  );
}

const OWN_FIELDS = Reflect.ownKeys(new Authentication({ username: '' })).length;

/** A store may return the same object for several requests: then the object keeps the weakest of their logins. */
function noteOrigin(user: User, origin: Origin): void {
  const before = ORIGINS.get(user);
  const provedBy = before === undefined ? origin.provedBy : weaker(before.provedBy, origin.provedBy);
  ORIGINS.set(user, provedBy === origin.provedBy ? origin : { ...origin, provedBy });
}

/**
 * Includes the fields of a spread login. Its user is not taken from there, and its source only if that is a provider.
 */
const DETAILS: Readonly<
  Required<Record<keyof AuthenticationDetails | 'user' | 'source' | 'provedBy', true>>
> = {
  authenticatedAt: true,
  methods: true,
  factors: true,
  scopes: true,
  roles: true,
  isBound: true,
  expiresAt: true,
  acceptedUntil: true,
  claims: true,
  stamp: true,
  familyId: true,
  sessionId: true,
  replyHeaders: true,
  user: true,
  source: true,
  provedBy: true,
};

function refuseUnknown(details: AuthenticationDetails): void {
  if (details instanceof Authentication) return;
  for (const name in details) {
    if (Object.hasOwn(DETAILS, name)) continue;
    throw new TypeError(`new Authentication(): a login has no detail ${JSON.stringify(name)}`);
  }
}

function originOf(user: User, details: AuthenticationDetails & { [ORIGIN]?: Origin }): Origin {
  const handedOver = details[ORIGIN];
  if (handedOver !== undefined) return handedOver;
  const known = ORIGINS.get(user);
  const stated = statedOrigin(user, details);
  // The login is more precise than its user, which other requests may share.
  if (known === undefined || isLoginOf(user, details)) return stated;
  const { source, home } = known;
  return {
    source,
    home,
    provedBy: weaker(known.provedBy, stated.provedBy),
    familyId: known.familyId ?? stated.familyId,
    sessionId: known.sessionId ?? stated.sessionId,
    stamp: known.stamp,
    userId: known.userId,
    isRepeated: known.isRepeated || stated.isRepeated,
  };
}

function isLoginOf(user: User, details: AuthenticationDetails): boolean {
  return details instanceof Authentication && details.user === user;
}

function statedOrigin(user: User, details: AuthenticationDetails): Origin {
  const { familyId, sessionId, stamp } = details;
  if (details instanceof Authentication) {
    const login = details as Authentication;
    const { source, provedBy } = login;
    const [home, isRepeated] = [Authentication.homeOf(login), Authentication.isRepeated(login)];
    const userId = Authentication.userIdOf(login);
    return { source, home, provedBy, familyId, sessionId, stamp, userId, isRepeated };
  }
  // Of a login that was spread, only the limiting facts are taken.
  const { source, provedBy = 'login' } = details as { source?: AuthenticationSource; provedBy?: unknown };
  return {
    source: source?.kind === 'provider' ? source : undefined,
    home: undefined,
    provedBy: isProvedBy(provedBy) ? provedBy : 'key',
    familyId,
    sessionId,
    stamp,
    userId: userIdOf(user),
    isRepeated: false,
  };
}

/** The oldest of all stated times; undefined if it is unknown. */
function timeOfLogin(
  { authenticatedAt }: AuthenticationDetails,
  factors: readonly Factor[] | undefined,
  isTimeStated: boolean,
): Date | undefined {
  if (factors === undefined) return authenticatedAt ?? (isTimeStated ? undefined : new Date());
  if (authenticatedAt === null) return undefined;
  const oldest = oldestOf(factors);
  return authenticatedAt !== undefined && oldest !== undefined && authenticatedAt < oldest
    ? authenticatedAt
    : oldest;
}
