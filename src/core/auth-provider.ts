import type { IncomingMessage } from 'node:http';
import type { Authentication, ProvedBy } from './authentication';
import type { Clock } from '../util/clock';
import type { Challenge } from './challenge';
import type { Problem, ServiceEvent } from './events';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise, UserstoreInterface } from './userstore';

/** A user, or an Authentication that says more about the login; null and undefined are "not mine". */
export type AuthenticationResult<U extends User = User> = U | Authentication<U> | null | undefined;

/** What a provider says of itself without a request, for the start-up checks and the metadata. */
export interface ProviderDescription {
  /**
   * The issuer whose access tokens it takes, as `iss` has it. A user whom it has not looked up in a store is then never
   * taken for the store's user of that name.
   */
  readonly issuer?: string;
  /** Where that issuer's OpenID metadata is. */
  readonly openIdConnectUrl?: string;
  /** True where its credentials may add any role: then no role is reported as one that nobody can have. */
  readonly addsRoles?: boolean;
  /** True where it takes tokens that are bound to a client certificate. @see RFC 8705 */
  readonly mtls?: boolean;
  /** Where it takes tokens that are bound to a key. @see RFC 9449 */
  readonly dpop?: { readonly algorithms: readonly string[]; readonly required: boolean };
  /** Where it takes API keys. */
  readonly apiKey?: { readonly header: string };
  /** How clients hand over its credentials, by a name for each; several are alternatives. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
}

/** How a client hands over a credential. @see OpenAPI Specification 3.1 section 4.8.27 */
export type SecurityScheme = { readonly description?: string } & (
  | { readonly type: 'http'; readonly scheme: string; readonly bearerFormat?: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'cookie'; readonly name: string }
  | { readonly type: 'mutualTLS' }
  | { readonly type: 'openIdConnect'; readonly openIdConnectUrl: string }
);

/** What an app knows of a user whom a service asks for: of one that is not there nothing is known. */
export interface KnownUser {
  readonly username: string;
  /** The userstore's name, in an app with several: kept with what belongs to the user, it tells users of one name apart. */
  readonly userstore: string | undefined;
  /** As {@link User.id}, in one form. */
  readonly id: string | undefined;
  /** False for a user who must not log in. */
  readonly isActive: boolean;
  /** As {@link Authentication.stamp}. */
  readonly stamp: number;
  /** False where the store has no `tokensValidFrom`, so that a changed password never shows. */
  readonly hasStamp: boolean;
}

/** Where an event comes from. */
export interface EventOrigin {
  /** The userstore of its user, in an app with several. */
  readonly userstore?: string | undefined;
  /** The request that it happened in; absent for what happens outside of one. */
  readonly request?: SecurityRequest | undefined;
}

/** The app that a provider works in. */
export interface AppFacts {
  /** The names of its userstores, in order. */
  readonly userstores: readonly string[];
  /** Those whose users have no `tokensValidFrom`. */
  readonly userstoresWithoutStamp: readonly string[];
  /** Its providers in order, this one included. */
  readonly providers: readonly AuthProviderInterface[];
  readonly clock: Clock;
  /** The app's name in challenges. */
  readonly realm: string;
  /**
   * The user of that name, as the chain would find it.
   * @param userstore the name of the only store that may have it; without one only an app with one store has anybody
   * @throws ServiceUnavailableError when a store does not answer in time
   */
  findUser(username: string, userstore: string | undefined): Promise<KnownUser | null>;
  /** The request of an action that runs now, as providers see it; undefined for any other. */
  requestOf(request: IncomingMessage): SecurityRequest | undefined;
  /**
   * Hands an event to the app, with its user as other events name it and the facts of the request. Never put a secret into
   * it.
   */
  emit(event: ServiceEvent, where?: EventOrigin): void;
  /** Reports a problem outside of a request; never put a secret into it. */
  report(problem: Problem): void;
}

/**
 * Authenticates requests. Providers are asked in ascending order until one returns a user.
 *
 * It returns null or undefined when the request has no credentials for it, and throws
 * {@link BadCredentialsError} when they are its own and wrong, {@link MalformedCredentialsError} when they
 * cannot be read, {@link ServiceUnavailableError} when what it needs is down. Any other throw or return
 * is taken as a bug in the provider and answers 500.
 */
export interface AuthProviderInterface<U extends User = User> {
  /**
   * What it reads: `authorization`, another header's name, `cookie`, `tls` or `body`, or several of them. A provider that
   * grants without having found one of these headers by `request.header()` counts as a provider that reads a cookie: see
   * the cross-site check. What is in the body a browser sends only when a page has it, so it is not asked for there. An
   * empty list, with empty `schemes`, is for one that never answers in the chain.
   * @default 'authorization'
   */
  readonly credential?: string | readonly string[];
  /**
   * How it authenticates: `login` where the person proves who they are in this very request, by a password for example.
   * Only such logins start refresh tokens and make API keys.
   * @default 'token'
   */
  readonly proves?: ProvedBy;
  /** For logs and events. @default the class name */
  readonly name?: string;
  /**
   * The schemes of `Authorization` that it reads, in lower case. Where one of them came and it returns null, the
   * credentials are somebody else's ("not mine"): if nobody takes them the client is told that they are no good.
   * @default none: null means that there are no credentials
   */
  readonly schemes?: readonly string[];
  /**
   * False for a provider that brings its users along: an app of only such needs no userstore, and its users are never
   * taken for those of a store. @default true where authenticate() has two parameters
   */
  readonly needsUserstore?: boolean;
  /**
   * Looks for credentials of its own in the request, and proves them.
   * @param userstore all userstores of the app, in order
   * @returns the user, or an {@link Authentication}; null or undefined where the request has no credentials for it
   * @throws BadCredentialsError where they are wrong, MalformedCredentialsError where they cannot be read,
   * AccountStatusError for an inactive user, ServiceUnavailableError where they cannot be checked now
   */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>>;
  /**
   * Whether a login that it gave for this request still counts, for an app that holds what outlives the request, such as a
   * socket: as `authenticate()`, and no use of the credential. The chain does not call it.
   */
  recheck?(
    login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>>;
  /** This provider's `WWW-Authenticate` challenges, sent with every 401, one for each scheme; undefined for none. */
  challenge?(request: SecurityRequest): Challenge | readonly Challenge[] | undefined;
  /** What it is, without a request. */
  describe?(): ProviderDescription;
  /**
   * Called once for each instance in use, when the server starts or, outside of a server, at the first request; and once
   * more where a later server brings providers that were not there. Not for reports and stubbed servers. What it begins it
   * ends in `close()`.
   * @throws ConfigurationError where it does not fit into the app
   */
  onStart?(app: AppFacts): void;
  /** Drops what it remembers of a user's credentials. Called by `Security.forget`. */
  forget?(username: string): void;
}

const DEFAULT_CREDENTIALS = ['authorization'];

/** What is no header of a request. */
const NO_HEADERS: ReadonlySet<string> = new Set(['tls', 'body']);

/** True where a credential, in lower case, comes in a header, so that replies vary by it. A cookie does. */
export function isHeader(credential: string): boolean {
  return !NO_HEADERS.has(credential);
}

/** What a provider reads, in lower case. @throws TypeError for what is no name, and for none where it has schemes */
export function credentialsOf({ credential, schemes }: AuthProviderInterface): readonly string[] {
  if (credential === undefined) return DEFAULT_CREDENTIALS;
  if (typeof credential === 'string') return [credential.toLowerCase()];
  if (credential.length === 0 && schemes?.length !== 0) {
    throw new TypeError('`credential` must name the part of the request that the provider reads');
  }
  return credential.map((name) => name.toLowerCase());
}
