/**
 * The events for audit and monitoring: one typed event for every decision. If the users of an app come from several
 * sources (userstores, and providers without a store), an event names a user with the userstore, as in `sql:alice`, or
 * with the provider if no store has the user.
 *
 * Names that came from a client are shortened and freed of control characters. No event carries a password, a hash, a
 * token or a header. Providers and stores report their own problems (a malformed stored hash, a bad new version of a
 * user file) through `reportProblem` and `PROBLEM_SOURCE`.
 */
import type { ProvedBy } from './authentication';
import type { SecurityRequest } from './request';
import type { MaybePromise } from './userstore';

/** The result of one provider for a request. */
export type ProviderVerdict =
  | 'authenticated'
  | 'no_credentials'
  | 'bad_credentials'
  | 'malformed_credentials'
  /** The scheme is one that it reads, but the credentials are not its own: a token of another issuer. */
  | 'not_mine'
  /** Proved, but too long ago or too weakly. */
  | 'step_up'
  | 'inactive'
  | 'throttled'
  | 'unavailable'
  | 'deadline_passed'
  | 'bug'
  /** Skipped: an earlier provider failed on the same credential, so this provider may no longer grant. */
  | 'not_asked';

/** One provider's verdict on a request. */
export interface ProviderOutcome {
  readonly provider: string;
  readonly verdict: ProviderVerdict;
}

interface RequestFacts {
  /** The HTTP method, in upper case. */
  readonly method: string;
  /** The path of the request, with the prefixes of mounts and without the query. */
  readonly path: string;
  /** The route of the action, such as `/notes/:id`; undefined for requests outside of actions. */
  readonly route: string | undefined;
  /** The address of the client, as the option `trustProxy` finds it. */
  readonly ip: string;
}

/** A request was authenticated. */
export interface AuthenticatedEvent extends RequestFacts {
  readonly type: 'authenticated';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The name of the provider that authenticated the request. */
  readonly provider: string;
  /** `login`: the user proved their identity in this request. Other values repeat an earlier login, or are keys. */
  readonly provedBy: ProvedBy;
  /** The issuer of a token. */
  readonly issuer?: string;
  /** The subject of a token. */
  readonly subject?: string;
  /** The verdicts of the providers that were asked, in order. */
  readonly outcomes: readonly ProviderOutcome[];
}

/** A request required authentication and was not authenticated; `code` is the code that the client got. */
export interface FailedEvent extends RequestFacts {
  readonly type: 'failed';
  /** The code of the reply, such as `invalid_credentials`. */
  readonly code: string;
  /** The verdicts of the providers that were asked, in order. */
  readonly outcomes: readonly ProviderOutcome[];
}

/** An authenticated user was refused. */
export interface DeniedEvent extends RequestFacts {
  readonly type: 'denied';
  /** The code of the reply, such as `access_denied`. */
  readonly code: string;
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The rule that did not hold, in words. */
  readonly reason: string;
}

/** A guarded action was let through. */
export interface AllowedEvent extends RequestFacts {
  readonly type: 'allowed';
  /** Undefined when the `skip` hook let an anonymous request through. */
  readonly user: string | undefined;
  /** True if the `skip` hook let the request through, and no guard was asked. */
  readonly skipped: boolean;
}

/** A user changed the password; earlier tokens have ended. */
export interface PasswordChangedEvent extends RequestFacts {
  readonly type: 'password_changed';
  /** The username, with its source in an app with several. */
  readonly user: string;
}

/** A refresh token was used again, or came from another client: its family has ended. */
export interface TokenReusedEvent extends Partial<RequestFacts> {
  readonly type: 'token_reused';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The family that has ended. */
  readonly familyId: string;
  /** `spent_token`: the token had been used before; `other_client`: it is bound to another client. */
  readonly reason: 'spent_token' | 'other_client';
}

/** The tokens of a family, or all tokens of a user, have ended. */
export interface TokensEndedEvent extends Partial<RequestFacts> {
  readonly type: 'tokens_ended';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** Absent if all tokens of the user ended. */
  readonly familyId?: string;
}

/** An API key was created, or ended before its expiry. */
export interface ApiKeyEvent extends Partial<RequestFacts> {
  readonly type: 'key_created' | 'key_ended';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The id of the key. It is not secret. */
  readonly keyId: string;
  /** The beginning and the end of the key, as lists show it to users. */
  readonly hint: string;
}

/** A session began, was ended by its user, or ended for another reason. */
export interface SessionEvent extends Partial<RequestFacts> {
  readonly type: 'logged_in' | 'logged_out' | 'session_ended';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The public id of the session. It is not secret. */
  readonly sessionId: string;
  /** For a session that began: the methods of its login. */
  readonly methods?: readonly string[];
  /**
   * For a session that ended: by a new login in the same browser, because the user has too many sessions, by the user
   * from another session, or by the provider that the login came from.
   */
  readonly reason?: 'replaced' | 'too_many' | 'by_user' | 'by_provider';
}

/** A second factor was added or removed, failed, or stepped up an existing login. */
export interface FactorEvent extends Partial<Omit<RequestFacts, 'method'>> {
  /** `factor_closed`: too many wrong codes; one-time codes no longer count until another factor is proved. */
  readonly type:
    'factor_added' | 'factor_removed' | 'factor_failed' | 'factor_closed' | 'recovery_used' | 'stepped_up';
  /** The username, with its source in an app with several. */
  readonly user: string;
  /** The factor, as an RFC 8176 value such as `otp` or `swk`; `passkey` if the kind of passkey is unknown. */
  readonly method: string;
}

/** The events of the services for tokens, keys, sessions and factors. */
export type ServiceEvent = TokenReusedEvent | TokensEndedEvent | ApiKeyEvent | SessionEvent | FactorEvent;

/** A component that a decision needs did not answer, or a provider, store or policy is faulty. */
export interface UnavailableEvent extends RequestFacts {
  readonly type: 'unavailable';
  /** The name of the provider, the store or the policy. */
  readonly component: string;
  /**
   * `unavailable`: the component reported it; `deadline_passed`: it did not answer within `deadlineMs`; `bug`: it threw
   * or answered anything else.
   */
  readonly reason: 'unavailable' | 'deadline_passed' | 'bug';
  /** The number of failures since the last such event of the component: it emits at most one a minute. */
  readonly count: number;
}

/** A faulty set-up: a stored hash that cannot be read, a bad new version of a file. */
export interface MisconfiguredEvent {
  readonly type: 'misconfigured';
  /** The name of the provider or the store. */
  readonly component: string;
  /** The problem in words, without secrets. */
  readonly problem: string;
  /** The user whose record has the problem; absent if the problem does not concern a single record. */
  readonly user?: string | undefined;
}

/** A component works with reduced capacity, or (`recovered`) with full capacity again. */
export interface DegradedEvent {
  readonly type: 'degraded' | 'recovered';
  /** The name of the provider or the store. */
  readonly component: string;
  /** The problem, or its end, in words, without secrets. */
  readonly problem: string;
}

/** Every event that `onEvent`, the channel `securest:event` and `auditLog` receive; `type` tells the events apart. */
export type SecurityEvent =
  | AuthenticatedEvent
  | FailedEvent
  | DeniedEvent
  | AllowedEvent
  | PasswordChangedEvent
  | ServiceEvent
  | UnavailableEvent
  | MisconfiguredEvent
  | DegradedEvent;

/** Receives every event; its promise is not awaited. An exception or a rejection changes no decision. */
export type SecurityEventListener = (event: SecurityEvent) => MaybePromise<void>;

/** A component's report about itself. */
export interface Problem {
  /** @default 'misconfigured' */
  readonly type?: 'misconfigured' | DegradedEvent['type'];
  readonly component: string;
  readonly problem: string;
  readonly user?: string | undefined;
}

/** Receives problems; returns nothing, throws nothing. */
export type ProblemListener = (problem: Problem) => void;

/**
 * The key of a method by which a store or provider accepts a listener for problems outside of a request. The method
 * returns a function that removes the listener.
 */
export const PROBLEM_SOURCE: unique symbol = Symbol('securest.problemSource');

/** A store or provider that reports problems outside of requests. */
export interface ProblemSource {
  [PROBLEM_SOURCE](listener: ProblemListener): () => void;
}

const LISTENER: unique symbol = Symbol('securest.problemListener');

type Listened = SecurityRequest & { [LISTENER]?: ProblemListener };

/**
 * Reports a problem that a provider met while it worked on its request: it becomes a `misconfigured` event and a line
 * in the log. Never put a secret into it. Outside of a request see {@link PROBLEM_SOURCE}.
 * @example reportProblem(request, { component: 'Legacy', problem: 'the key ring is empty' });
 */
export function reportProblem(request: SecurityRequest, problem: Problem): void {
  (request as Listened)[LISTENER]?.(problem);
}

/** Passes the problems that components report about this request to a listener. */
export function listenForProblems(request: SecurityRequest, listener: ProblemListener): void {
  (request as Listened)[LISTENER] = listener;
}
