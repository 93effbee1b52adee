/**
 * Every error that securest throws. One family, each with a stable `code`.
 *
 * Providers and stores throw these errors to report a result; the chain turns them into the one error that the client
 * gets. The public message is fixed per status. `cause` carries the details and never leaves the process. The errors
 * extend the HttpError of routing-controllers, if it is installed.
 */
import { HttpError } from './http-error';

/** The stable codes of the errors. Replies and events carry them. */
export type SecurityErrorCode =
  | 'authentication_required'
  | 'invalid_credentials'
  | 'malformed_credentials'
  | 'invalid_request'
  | 'access_denied'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'weak_password'
  | 'wrong_password'
  | 'cross_site'
  | 'https_required'
  | 'too_many_attempts'
  | 'authentication_unavailable'
  | 'security_error';

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Malformed Credentials',
  401: 'Unauthorized User',
  403: 'Access Denied',
  429: 'Too Many Attempts',
  500: 'Security Error',
  503: 'Authentication Unavailable',
};

/** The options that every error of the family takes. */
export interface SecurityErrorOptions {
  /** The underlying error, for the log; never sent to the client. */
  cause?: unknown;
  /**
   * Parameters of the challenge beside its realm. They are sent if this error is the reply, in the challenge of the
   * scheme that the request used. Only these names are sent, and only printable ASCII; everything else is left out.
   * @see RFC 6750 section 3, RFC 9470 section 3
   */
  challenge?: ChallengeParams;
  /** Headers that the reply has if this error is sent, for example `DPoP-Nonce`. */
  replyHeaders?: Readonly<Record<string, string>>;
}

/** Parameters of a challenge beside its realm. @see RFC 6750 section 3, RFC 9470 section 3 */
export interface ChallengeParams {
  readonly error?: string;
  readonly scope?: string;
  readonly max_age?: string;
  readonly acr_values?: string;
}

/** The options of errors about wrong credentials. */
export interface BadCredentialsOptions extends SecurityErrorOptions {
  /**
   * True if the credential certainly belongs to this provider: later providers that read the same credential are not
   * asked. For keys with a known prefix, which must not travel to another server. @default false
   */
  final?: boolean;
}

/** The options of errors after which a client may try again. */
export interface RetryOptions extends SecurityErrorOptions {
  /** Seconds after which another attempt makes sense, sent as `Retry-After`. A whole number from 1. */
  retryAfterSeconds?: number;
}

/** The base of the family: an HTTP error whose JSON is only `{ name, code, message }`. */
export abstract class SecurityError extends HttpError {
  abstract readonly code: SecurityErrorCode;
  /** Koa's and Express' own error handlers read these in place of `httpCode`. */
  declare readonly status: number;
  declare readonly expose: boolean;
  /** Headers that the reply carries; Koa's own error handler keeps only these. */
  declare headers: Record<string, string | string[]>;
  declare readonly cause: unknown;
  /** The parameters of the reply's challenge; see {@link SecurityErrorOptions.challenge}. */
  declare readonly challenge: ChallengeParams;
  declare readonly replyHeaders: Readonly<Record<string, string>>;

  protected constructor(
    httpCode: number,
    options: SecurityErrorOptions = {},
    message = MESSAGES[httpCode] ?? 'Security Error',
  ) {
    super(httpCode, message);
    Object.setPrototypeOf(this, new.target.prototype);
    // In development the host sends `error.stack` as the body of a text reply.
    hide(this, 'stack', '');
    hide(this, 'name', new.target.name);
    hide(this, 'status', httpCode);
    hide(this, 'expose', true);
    hide(this, 'headers', {});
    hide(this, 'cause', options.cause);
    hide(this, 'challenge', options.challenge ?? {});
    hide(this, 'replyHeaders', options.replyHeaders ?? {});
  }

  toJSON(): { name: string; code: SecurityErrorCode; message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }
}

/** 401: the request is not authenticated, because it carries no credentials. */
export class AuthenticationRequiredError extends SecurityError {
  readonly code = 'authentication_required';
  constructor(options?: SecurityErrorOptions) {
    super(401, options);
  }
}

/** 401: the credentials belong to the provider and are wrong. */
export class BadCredentialsError extends SecurityError {
  readonly code = 'invalid_credentials';
  /** True if no later provider may read the same credential. */
  declare readonly final: boolean;
  constructor(options: BadCredentialsOptions = {}) {
    super(401, options);
    hide(this, 'final', options.final === true);
  }
}

/** 401: a token is forged, expired, revoked or not meant for this app. */
export class TokenInvalidError extends BadCredentialsError {}

/** 401 as for bad credentials: the credentials are right, but the account may not log in. */
export class AccountStatusError extends SecurityError {
  readonly code = 'invalid_credentials';
  /** As {@link BadCredentialsError.final}. */
  declare readonly final: boolean;
  constructor(options: BadCredentialsOptions = {}) {
    super(401, options);
    hide(this, 'final', options.final === true);
  }
}

/** 401, or 400 for the Bearer scheme: the credentials belong to the provider and cannot be read. */
export class MalformedCredentialsError extends SecurityError {
  readonly code: 'malformed_credentials' | 'invalid_request' = 'malformed_credentials';
  /** As {@link BadCredentialsError.final}. */
  declare readonly final: boolean;
  constructor(options: BadCredentialsOptions = {}, httpCode: 400 | 401 = 401) {
    super(httpCode, options);
    hide(this, 'final', options.final === true);
  }
}

/**
 * 400: the request states its credentials more than once, or in a way that no scheme allows. @see RFC 6750 section 3.1
 */
export class InvalidRequestError extends MalformedCredentialsError {
  override readonly code = 'invalid_request';
  constructor(options?: BadCredentialsOptions) {
    super(options, 400);
  }
}

/** 403: an authenticated user is not allowed to do this. */
export class AccessDeniedError extends SecurityError {
  readonly code: 'access_denied' | 'insufficient_scope' | 'cross_site' | 'https_required' | 'wrong_password' =
    'access_denied';
  constructor(options?: SecurityErrorOptions) {
    super(403, options);
  }
}

/**
 * 403: the credential lacks scopes; with them the user would be allowed to do this. A client that used Bearer or DPoP
 * learns which scopes. @see RFC 6750 section 3.1
 */
export class InsufficientScopeError extends AccessDeniedError {
  override readonly code = 'insufficient_scope';
  /** The missing scopes. */
  declare readonly scopes: readonly string[];
  /** @throws TypeError if `scopes` is not a list of scopes (RFC 6749 section 3.3) */
  constructor(scopes: readonly string[], options?: SecurityErrorOptions) {
    super(options);
    hide(this, 'scopes', scopeNames(scopes, 'InsufficientScopeError'));
  }
}

/** The requirements that a login does not meet. */
export interface StepUpNeed {
  /** The maximum age of the login, in whole seconds. */
  readonly maxAgeSeconds?: number | undefined;
  /** Authentication context classes, of which one is enough. */
  readonly acr?: readonly string[] | undefined;
  /** Authentication methods as in RFC 8176, of which one is enough. */
  readonly methods?: readonly string[] | undefined;
  /** Scopes that are missing as well. */
  readonly scopes?: readonly string[] | undefined;
}

/**
 * 401: the user's identity is proved, but too long ago or too weakly for this: the client can ask the user to log in
 * once more. 403 if the login used neither Bearer nor DPoP: a browser would ask for the password again and again.
 * @see RFC 9470 section 3
 */
export class StepUpRequiredError extends SecurityError {
  readonly code = 'insufficient_user_authentication';
  declare readonly need: StepUpNeed;
  /** @throws TypeError for an invalid need */
  constructor(need: StepUpNeed, options?: SecurityErrorOptions) {
    super(401, options);
    const { maxAgeSeconds, acr, methods, scopes } = need;
    if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0)) {
      throw new TypeError('StepUpRequiredError: maxAgeSeconds must be a whole number from 0');
    }
    hide(
      this,
      'need',
      Object.freeze({
        maxAgeSeconds,
        acr: acr && scopeNames(acr, 'StepUpRequiredError'),
        methods: methods && scopeNames(methods, 'StepUpRequiredError'),
        scopes: scopes && scopeNames(scopes, 'StepUpRequiredError'),
      }),
    );
  }
}

/** 403: a foreign site made a browser send credentials that the browser keeps. */
export class CrossSiteError extends AccessDeniedError {
  override readonly code = 'cross_site';
}

/** 403: a password was sent over a connection that anybody can read, or a session would need a cookie over one. */
export class HttpsRequiredError extends AccessDeniedError {
  override readonly code = 'https_required';
}

/** 403: the current password, which a password change requires, is wrong. */
export class WrongPasswordError extends AccessDeniedError {
  override readonly code = 'wrong_password';
}

/** 400: a new password is not acceptable. The message gives the reason and quotes nothing of the password. */
export class WeakPasswordError extends SecurityError {
  readonly code = 'weak_password';
  constructor(message: string, options?: SecurityErrorOptions) {
    super(400, options, message);
  }
}

/** 429: too many attempts, counted alike for known and unknown users. Ends the chain. */
export class ThrottledError extends SecurityError {
  readonly code = 'too_many_attempts';
  declare readonly retryAfterSeconds: number;
  constructor(options: RetryOptions = {}) {
    super(429, options);
    hide(this, 'retryAfterSeconds', wholeSeconds(options.retryAfterSeconds, 60));
  }
}

/**
 * 503: a service that the decision needs is down or too slow. Never answered with a 401, and never lets the request
 * through.
 */
export class ServiceUnavailableError extends SecurityError {
  readonly code = 'authentication_unavailable';
  declare readonly retryAfterSeconds: number;
  constructor(options: RetryOptions = {}) {
    super(503, options);
    hide(this, 'retryAfterSeconds', wholeSeconds(options.retryAfterSeconds, 5));
  }
}

/** 500: a provider, store or policy is faulty. The client learns nothing more. */
export class SecurityFaultError extends SecurityError {
  readonly code = 'security_error';
  constructor(options?: SecurityErrorOptions) {
    super(500, options);
  }
}

/** Thrown at start if the set-up is not safe. The message names the classes and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'invalid_configuration';
}

function hide(target: object, property: string, value: unknown): void {
  Object.defineProperty(target, property, { value, enumerable: false, writable: true, configurable: true });
}

/** The pattern of util/scope-name.ts, repeated here because util builds on this file. */
const SCOPE = /^[!#-[\]-~]+$/;

function scopeNames(names: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(names) ? names : [undefined];
  if (list.every((name): name is string => typeof name === 'string' && SCOPE.test(name))) {
    return Object.freeze([...list]);
  }
  throw new TypeError(`${where}: names must be printable ASCII without spaces, quotes and backslashes`);
}

function wholeSeconds(seconds: number | undefined, fallback: number): number {
  if (seconds === undefined || !Number.isFinite(seconds)) return fallback;
  return Math.min(86_400, Math.max(1, Math.ceil(seconds)));
}
