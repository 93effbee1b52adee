import type { IncomingMessage } from 'node:http';
import type { Authentication, ProvedBy } from './authentication';
import type { Clock } from '../util/clock';
import type { Challenge } from './challenge';
import type { Problem, ServiceEvent } from './events';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise, UserstoreInterface } from './userstore';

/** A user, or an Authentication with more facts about the login; null and undefined mean "not my credentials". */
export type AuthenticationResult<U extends User = User> = U | Authentication<U> | null | undefined;

/** A provider's description of itself without a request, for the start-up checks and the metadata. */
export interface ProviderDescription {
  /**
   * The issuer of the access tokens that the provider accepts, as in `iss`. A user whom the provider has not looked up
   * in a store is then never taken for the store's user of the same name.
   */
  readonly issuer?: string;
  /** The URL of that issuer's OpenID metadata. */
  readonly openIdConnectUrl?: string;
  /** True if its credentials may add any role: then no role is reported as impossible to obtain. */
  readonly addsRoles?: boolean;
  /** True if it accepts tokens that are bound to a client certificate. @see RFC 8705 */
  readonly mtls?: boolean;
  /** Set if it accepts tokens that are bound to a key. @see RFC 9449 */
  readonly dpop?: { readonly algorithms: readonly string[]; readonly required: boolean };
  /** Set if it accepts API keys. */
  readonly apiKey?: { readonly header: string };
  /** The ways in which clients send its credentials, each under a name; several are alternatives. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
}

/** The way in which a client sends a credential. @see OpenAPI Specification 3.1 section 4.8.27 */
export type SecurityScheme = { readonly description?: string } & (
  | { readonly type: 'http'; readonly scheme: string; readonly bearerFormat?: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'cookie'; readonly name: string }
  | { readonly type: 'mutualTLS' }
  | { readonly type: 'openIdConnect'; readonly openIdConnectUrl: string }
);

/** The facts that an app knows about a user for a service. For a user that does not exist there are none. */
export interface KnownUser {
  readonly username: string;
  /**
   * The name of the userstore, in an app with several. Stored with the user's data, it tells users of the same name
   * apart.
   */
  readonly userstore: string | undefined;
  /** As {@link User.id}, in one form. */
  readonly id: string | undefined;
  /** False for a user who must not log in. */
  readonly isActive: boolean;
  /** As {@link Authentication.stamp}. */
  readonly stamp: number;
  /** False if the store has no `tokensValidFrom`, so that a password change never shows. */
  readonly hasStamp: boolean;
}

/** The origin of an event. */
export interface EventOrigin {
  /** The userstore of its user, in an app with several. */
  readonly userstore?: string | undefined;
  /** The request in which it happened; absent outside of a request. */
  readonly request?: SecurityRequest | undefined;
}

/** The app that a provider works in. */
export interface AppFacts {
  /** The names of its userstores, in order. */
  readonly userstores: readonly string[];
  /** The userstores without `tokensValidFrom` on their users. */
  readonly userstoresWithoutStamp: readonly string[];
  /** Its providers in order, this one included. */
  readonly providers: readonly AuthProviderInterface[];
  readonly clock: Clock;
  /** The app's name in challenges. */
  readonly realm: string;
  /**
   * Finds the user of that name, as the chain would.
   * @param userstore the name of the only store that may have the user; without it, a user is found only in an app with
   * one store
   * @throws ServiceUnavailableError if a store does not answer in time
   */
  findUser(username: string, userstore: string | undefined): Promise<KnownUser | null>;
  /** The request of a running action, as providers see it; undefined for every other request. */
  requestOf(request: IncomingMessage): SecurityRequest | undefined;
  /**
   * Passes an event to the app. The app adds the facts of the request and names the user as in its other events. Never
   * put a secret into it.
   */
  emit(event: ServiceEvent, where?: EventOrigin): void;
  /** Reports a problem outside of a request; never put a secret into it. */
  report(problem: Problem): void;
}

/**
 * Authenticates requests. Providers are asked in ascending order until one returns a user.
 *
 * A provider returns null or undefined if the request has no credentials for it. It throws {@link BadCredentialsError}
 * if its credentials are wrong, {@link MalformedCredentialsError} if they cannot be read, and {@link
 * ServiceUnavailableError} if a service that it needs is down. Every other exception or return value counts as a bug in
 * the provider and is answered with 500.
 */
export interface AuthProviderInterface<U extends User = User> {
  /**
   * The part of the request that the provider reads: `authorization`, another header's name, `cookie`, `tls` or `body`,
   * or several of them. A provider that grants without having found one of these headers by `request.header()` counts
   * as a provider that reads a cookie: see the cross-site check. Credentials in the body are not subject to that check,
   * because a browser sends them only if a page has them. An empty list, with empty `schemes`, is for a provider that
   * never answers in the chain.
   * @default 'authorization'
   */
  readonly credential?: string | readonly string[];
  /**
   * The way in which it authenticates: `login` if users prove their identity in this very request, by a password for
   * example. Only a `login` can start refresh tokens and make API keys. If it is declared, and is no `login`, the time
   * of a login without `authenticatedAt` is unknown, and `recentLogin()` refuses it. If it is not declared, such a login
   * counts as one of this moment, of which the start warns where the app has `recentLogin()`.
   * @default 'token'
   */
  readonly proves?: ProvedBy;
  /** For logs and events. @default the class name */
  readonly name?: string;
  /**
   * The schemes of `Authorization` that it reads, in lower case. If the request has one of them and the provider
   * returns null, the credentials are not its own ("not mine"). If no provider accepts them, the client learns that
   * they are invalid.
   * @default none: null means that the request has no credentials
   */
  readonly schemes?: readonly string[];
  /**
   * False for a provider that supplies its users itself. An app with only such providers needs no userstore, and their
   * users are never taken for users of a store. @default true if authenticate() has two parameters
   */
  readonly needsUserstore?: boolean;
  /**
   * Looks for its credentials in the request and verifies them.
   * @param userstore all userstores of the app, in order
   * @returns the user, or an {@link Authentication}; null or undefined if the request has no credentials for this
   * provider
   * @throws BadCredentialsError if they are wrong, MalformedCredentialsError if they cannot be read, AccountStatusError
   * for an inactive user, ServiceUnavailableError if they cannot be checked now
   */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>>;
  /**
   * Checks whether a login that the provider granted for this request still counts. For an app that keeps an object
   * longer than the request, such as a socket. Answers like `authenticate()`, but does not count as a use of the
   * credential. The chain does not call it.
   */
  recheck?(
    login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>>;
  /**
   * The provider's `WWW-Authenticate` challenges, one for each scheme, sent with every 401; undefined for no challenge.
   */
  challenge?(request: SecurityRequest): Challenge | readonly Challenge[] | undefined;
  /** Describes the provider without a request. */
  describe?(): ProviderDescription;
  /**
   * Called once for each instance in use, when the server starts or, outside of a server, at the first request. Called
   * again if a later server brings new providers. Not called for reports and stubbed servers. Resources that it opens
   * are released in `close()`. It must not be asynchronous: a provider that returns a promise is refused.
   * @throws ConfigurationError if the provider does not fit the app
   */
  onStart?(app: AppFacts): void;
  /** Drops everything that it remembers of a user's credentials. Called by `Security.forget`. */
  forget?(username: string): void;
}

const DEFAULT_CREDENTIALS = ['authorization'];

/** Credentials that are not headers of a request. */
const NO_HEADERS: ReadonlySet<string> = new Set(['tls', 'body']);

/** True if a credential, in lower case, is sent in a header, so that replies vary by it. A cookie is. */
export function isHeader(credential: string): boolean {
  return !NO_HEADERS.has(credential);
}

/**
 * The credentials that a provider reads, in lower case. @throws TypeError for an invalid name, and for an empty list if
 * the provider has schemes
 */
export function credentialsOf({ credential, schemes }: AuthProviderInterface): readonly string[] {
  if (credential === undefined) return DEFAULT_CREDENTIALS;
  if (typeof credential === 'string') return [credential.toLowerCase()];
  if (credential.length === 0 && schemes?.length !== 0) {
    throw new TypeError('`credential` must name the part of the request that the provider reads');
  }
  return credential.map((name) => name.toLowerCase());
}
