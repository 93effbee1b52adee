import { hiddenProperty } from '../util/hidden-property';
import { type Factor, fixedFactors, methodsOf, oldestOf } from './factors';
import { NO_NAMES, NOTHING } from './frozen-json';
import { stampOf } from './stamp';
import type { User } from './user';

/** What is known about a login beside the user. */
export interface AuthenticationDetails {
  /**
   * When the user proved who they are; for a token, when the login behind it took place. Null where nobody knows:
   * such a login is never recent. @default now
   */
  authenticatedAt?: Date | null | undefined;
  /** How it was proved, as RFC 8176 values where one fits: `pwd`, `otp`, `kerberos`. @default [] */
  methods?: readonly string[];
  /**
   * The same with a time for each: see {@link Authentication.factors}. The oldest time is then that of the login, and the
   * methods are those of the factors, where neither is stated beside. @default the methods, each at the login's time
   */
  factors?: readonly Factor[] | undefined;
  /** What the credential is limited to; undefined is no limit. */
  scopes?: readonly string[] | undefined;
  /** What the credential adds to the roles of the user. @default [] */
  roles?: readonly string[];
  /** True where the credential counts only with a key that the client has proved to have (DPoP, mTLS). @default false */
  isBound?: boolean;
  /** When the credential ends; undefined when it does not end by itself. */
  expiresAt?: Date | undefined;
  /** Until when the credential is accepted: its end with the clock tolerance. @default expiresAt */
  acceptedUntil?: Date | undefined;
  /** What the credential says beside the user, for example a token's claims. @default {} */
  claims?: Readonly<Record<string, unknown>>;
  /** The `tokensValidFrom` that the login saw, in milliseconds; 0 for none. @default that of the user */
  stamp?: number;
  /** The token family that the credential belongs to: see {@link Authentication.familyId}. @default none */
  familyId?: string | undefined;
  /** The session that the credential is of: see {@link Authentication.sessionId}. @default none */
  sessionId?: string | undefined;
  /**
   * Headers that the reply to this request carries, whatever the action answers: for what proves the server to the
   * client. Several values become several header lines; a Set-Cookie is added to those of the action. @default {}
   */
  replyHeaders?: Readonly<Record<string, string | readonly string[]>>;
}

/** Where the user of a login came from. */
export interface AuthenticationSource {
  /** `provider` where no userstore of the app has the user. */
  readonly kind: 'userstore' | 'provider';
  readonly name: string;
}

/**
 * How a request was authenticated: by what the person proved in this very request (a password, a ticket), by a session,
 * by a token, or by an API key.
 */
export type ProvedBy = 'login' | 'session' | 'token' | 'key';

/** From the strongest to the weakest: only a login may start what outlives it. */
const STRENGTH: readonly ProvedBy[] = ['login', 'session', 'token', 'key'];

export function isProvedBy(value: unknown): value is ProvedBy {
  return (STRENGTH as readonly unknown[]).includes(value);
}

function weaker(one: ProvedBy, other: ProvedBy): ProvedBy {
  return STRENGTH.indexOf(one) > STRENGTH.indexOf(other) ? one : other;
}

/** What only the chain knows of a login. */
interface Origin {
  readonly source: AuthenticationSource | undefined;
  /** The name of the userstore, in an app with several. */
  readonly home: string | undefined;
  readonly provedBy: ProvedBy;
  readonly familyId: string | undefined;
  readonly sessionId: string | undefined;
  readonly stamp: number | undefined;
  /** True for what a browser sends again by itself: a password of Basic, a ticket, a certificate. */
  readonly isRepeated: boolean;
}

/** The key by which the chain hands an origin over. Nothing outside this file has it. */
const ORIGIN: unique symbol = Symbol('securest.origin');

/** By the user as the app has it, so that a login which the app states of that user keeps its source. */
const ORIGINS = hiddenProperty<Origin>();

/**
 * One proven login: who, when, and how. A provider returns one in place of a bare user when it knows more
 * than the user; `new Authentication(user)` states a new login, now, and `new Authentication(user, login)` one that
 * keeps all that says how and where `login` was proved.
 */
export class Authentication<U extends User = User> {
  /** The user, without the stored password hash. */
  readonly user: U;
  /** When the person last proved who they are; undefined where that is not known. */
  readonly authenticatedAt: Date | undefined;
  /** How the login was proved, by the names of RFC 8176 where it has one: `pwd`, `otp`, `kerberos`; empty where that is not known. */
  readonly methods: readonly string[];
  /** The scopes that the credential is limited to; undefined for one without limits, such as a password. */
  readonly scopes: readonly string[] | undefined;
  /** Roles that the login brings beside those of the user, such as roles of a token. */
  readonly roles: readonly string[];
  /** True where the credential is of use only together with a key or a certificate of the client. @see RFC 8705, RFC 9449 */
  readonly isBound: boolean;
  /** When the credential ends; undefined where it has no end. */
  readonly expiresAt: Date | undefined;
  /** What else the credential states, such as the claims of a token. Frozen. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Where the user came from; set by the chain. Undefined for a login that the app states itself. */
  readonly source: AuthenticationSource | undefined;
  /**
   * How this request was authenticated; set by the chain, from what the provider `proves`. A login that the app states
   * itself counts as `login`, unless its user, or the login that is given as details, was authenticated otherwise.
   */
  readonly provedBy: ProvedBy;
  /**
   * The family of the token: all tokens that one login started, one refresh token after the other. Undefined for other
   * credentials, and for tokens of `issue()` alone.
   */
  readonly familyId: string | undefined;
  /** The session of the cookie that came with the request; undefined for other credentials. */
  readonly sessionId: string | undefined;
  /**
   * The `tokensValidFrom` of the record that the login saw, in milliseconds, 0 for none; for the epoch itself a number
   * that no Date has. A token carries it, and is good only as long as the record still has it.
   */
  readonly stamp: number;
  /** Headers that the reply to this request gets, by name, such as `DPoP-Nonce`. */
  readonly replyHeaders: Readonly<Record<string, string | readonly string[]>>;
  readonly #home: string | undefined;
  readonly #acceptedUntil: Date | undefined;
  readonly #isTimeStated: boolean;
  readonly #isRepeated: boolean;
  readonly #factors: readonly Factor[] | undefined;

  /** @throws TypeError for a detail of an unknown name: a misspelt `expiresAt` would be a login without an end */
  constructor(user: U, details: AuthenticationDetails = {}) {
    refuseUnknown(details);
    const { source, home, provedBy, familyId, sessionId, stamp, isRepeated } = originOf(user, details);
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
    this.#acceptedUntil = Authentication.acceptedUntil(details) ?? details.expiresAt;
    this.#isTimeStated = isTimeStated;
    this.#isRepeated = isRepeated;
    this.#factors = factors;
  }

  /**
   * How it was proved, each with its own time. Where whoever made it states no factors, they are its `methods`, or `login`
   * without any, each at the time of the login.
   */
  get factors(): readonly Factor[] {
    if (this.#factors !== undefined) return this.#factors;
    const at = this.authenticatedAt ?? null;
    const methods = this.methods.length === 0 ? ['login'] : this.methods;
    return methods.map((method) => ({ method, at }));
  }

  /** Until when the credential is accepted. @internal */
  static acceptedUntil(details: AuthenticationDetails): Date | undefined {
    return #acceptedUntil in details ? details.#acceptedUntil : details.acceptedUntil;
  }

  /** True where whoever made it said when the login took place. @internal */
  static isTimeStated(details: AuthenticationDetails): boolean {
    if (#isTimeStated in details) return details.#isTimeStated;
    if (details.authenticatedAt !== undefined) return true;
    // A login that was spread has no private fields: that its time is not known must not become "now". Where its user was
    // taken out first, its source is left.
    return Object.hasOwn(details, 'user') || Object.hasOwn(details, 'source');
  }

  /** The factors that whoever made it stated. @throws TypeError for what are none. @internal */
  static statedFactors(details: AuthenticationDetails): readonly Factor[] | undefined {
    if (#factors in details) return details.#factors;
    const { factors } = details;
    // What the chain hands over it has fixed before.
    if (ORIGIN in details) return factors;
    // None would be a login that nothing has proved.
    return factors === undefined || factors.length === 0 ? undefined : fixedFactors(factors);
  }

  /** True for a login by what a browser sends again by itself, so that it says nothing of its person now. @internal */
  static isRepeated(login: Authentication): boolean {
    return login.#isRepeated;
  }

  /** The userstore that its user came from, in an app with several. @internal */
  static homeOf(login: Authentication): string | undefined {
    return login.#home;
  }
}

/** What the chain adds to what a provider said. */
export interface ChainFacts<U extends User> {
  /** The user as the app may see it. */
  readonly user: U;
  readonly source: AuthenticationSource | undefined;
  readonly home: string | undefined;
  readonly stamp: number;
  /** @default 'token', which starts nothing */
  readonly provedBy?: ProvedBy;
  readonly familyId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** @default false */
  readonly isRepeated?: boolean;
  /** When the login took place, where the provider does not say; null where nobody knows. */
  readonly now: number | null;
  /** In place of those that the provider stated. */
  readonly replyHeaders?: AuthenticationDetails['replyHeaders'] | undefined;
  /** The same. */
  readonly lists?: StatedLists | undefined;
}

/** The lists of a login, which nobody changes any more. */
export type StatedLists = {
  readonly [Name in 'methods' | 'scopes' | 'roles']?: Authentication[Name] | undefined;
};

/** A login as the chain found it. For the chain alone: what an app makes cannot choose its source. */
export function provedLogin<U extends User>(
  details: AuthenticationDetails,
  facts: ChainFacts<U>,
): Authentication<U> {
  const {
    user,
    source,
    home,
    stamp,
    provedBy = 'token',
    familyId,
    sessionId,
    isRepeated = false,
    now,
    replyHeaders,
    lists = details,
  } = facts;
  // What a provider says may have changed since the start, and what is not known must not pass for a login.
  const known: ProvedBy = isProvedBy(provedBy) ? provedBy : 'key';
  const origin: Origin = { source, home, provedBy: known, familyId, sessionId, stamp, isRepeated };
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

/** What the chain states of a login. What is undefined has its default. */
type HandedOver = {
  readonly [Name in keyof AuthenticationDetails]-?: AuthenticationDetails[Name] | undefined;
} & {
  readonly [ORIGIN]: Origin;
};

/** True where an authentication has nothing but what every one has. @internal */
export function isBareAuthentication(login: Authentication): boolean {
  return (
    Object.getPrototypeOf(login) === Authentication.prototype && Reflect.ownKeys(login).length === OWN_FIELDS
  );
}

const OWN_FIELDS = Reflect.ownKeys(new Authentication({ username: '' })).length;

/** A store may hand the same object to several requests: then the weakest of their logins is what is known of it. */
function noteOrigin(user: User, origin: Origin): void {
  const before = ORIGINS.get(user);
  const provedBy = before === undefined ? origin.provedBy : weaker(before.provedBy, origin.provedBy);
  ORIGINS.set(user, provedBy === origin.provedBy ? origin : { ...origin, provedBy });
}

/** Also what a spread login has; its user is not taken from there, and its source only where that is a provider. */
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
  const stated = statedOrigin(details);
  // A login knows better than its user, who may be shared with other requests.
  if (known === undefined || isLoginOf(user, details)) return stated;
  const { source, home } = known;
  return {
    source,
    home,
    provedBy: weaker(known.provedBy, stated.provedBy),
    familyId: known.familyId ?? stated.familyId,
    sessionId: known.sessionId ?? stated.sessionId,
    stamp: known.stamp,
    isRepeated: known.isRepeated || stated.isRepeated,
  };
}

function isLoginOf(user: User, details: AuthenticationDetails): boolean {
  return details instanceof Authentication && details.user === user;
}

function statedOrigin(details: AuthenticationDetails): Origin {
  const { familyId, sessionId, stamp } = details;
  if (details instanceof Authentication) {
    const login = details as Authentication;
    const { source, provedBy } = login;
    const [home, isRepeated] = [Authentication.homeOf(login), Authentication.isRepeated(login)];
    return { source, home, provedBy, familyId, sessionId, stamp, isRepeated };
  }
  // Of a login that was spread only what limits it is taken.
  const { source, provedBy = 'login' } = details as { source?: AuthenticationSource; provedBy?: unknown };
  return {
    source: source?.kind === 'provider' ? source : undefined,
    home: undefined,
    provedBy: isProvedBy(provedBy) ? provedBy : 'key',
    familyId,
    sessionId,
    stamp,
    isRepeated: false,
  };
}

/** The oldest time of all that is stated; undefined where nobody knows. */
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
