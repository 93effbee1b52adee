/**
 * What happened, for audit and monitoring: one typed event for every decision. Where users of an app come from several
 * places (userstores, and providers that need none) a user is named with the one that has it, as `sql:alice`; one that
 * no store has with its provider.
 *
 * Names that came from a client are cut and freed of control characters, and no event carries a password,
 * a hash, a token or a header. Providers and stores state what they find out themselves (a malformed
 * stored hash, a bad new version of a user file) through `reportProblem` and `PROBLEM_SOURCE`.
 */
import type { ProvedBy } from './authentication';
import type { SecurityRequest } from './request';
import type { MaybePromise } from './userstore';

/** What one provider made of a request. */
export type ProviderVerdict =
  | 'authenticated'
  | 'no_credentials'
  | 'bad_credentials'
  | 'malformed_credentials'
  /** Of a scheme that it reads, but another's: a token of another issuer. */
  | 'not_mine'
  /** Proved, but too long ago or too weakly. */
  | 'step_up'
  | 'inactive'
  | 'throttled'
  | 'unavailable'
  | 'deadline_passed'
  | 'bug'
  /** Passed over: a provider before it failed on the same credential, so it may no longer grant. */
  | 'not_asked';

/** One provider's verdict on a request. */
export interface ProviderOutcome {
  readonly provider: string;
  readonly verdict: ProviderVerdict;
}

interface RequestFacts {
  /** The HTTP method, in upper case. */
  readonly method: string;
  /** The path as it came, with the prefixes of mounts and without the query. */
  readonly path: string;
  /** The route of the action, such as `/notes/:id`; undefined for requests outside of actions. */
  readonly route: string | undefined;
  /** The address of the client, as the option `trustProxy` finds it. */
  readonly ip: string;
}

/** A request was authenticated. */
export interface AuthenticatedEvent extends RequestFacts {
  readonly type: 'authenticated';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** The name of the provider that authenticated it. */
  readonly provider: string;
  /** `login`: the person proved who they are in this request. Others repeat an earlier login, or are keys. */
  readonly provedBy: ProvedBy;
  /** The issuer of a token. */
  readonly issuer?: string;
  /** The subject of a token. */
  readonly subject?: string;
  /** The verdicts of the providers that were asked, in order. */
  readonly outcomes: readonly ProviderOutcome[];
}

/** A request had to be authenticated and was not; `code` is the one that the client got. */
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
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** The rule that did not hold, in words. */
  readonly reason: string;
}

/** A guarded action was let through. */
export interface AllowedEvent extends RequestFacts {
  readonly type: 'allowed';
  /** Undefined when the `skip` hook let an anonymous request through. */
  readonly user: string | undefined;
  /** True where the `skip` hook let it through, and no guard was asked. */
  readonly skipped: boolean;
}

/** A user changed the password; earlier tokens have ended. */
export interface PasswordChangedEvent extends RequestFacts {
  readonly type: 'password_changed';
  /** The username, with its source where an app has several. */
  readonly user: string;
}

/** A refresh token came that had been used before, or from another client: its family has ended. */
export interface TokenReusedEvent extends Partial<RequestFacts> {
  readonly type: 'token_reused';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** The family that has ended. */
  readonly familyId: string;
  /** `spent_token`: the token had been used before; `other_client`: it is bound to another client. */
  readonly reason: 'spent_token' | 'other_client';
}

/** The tokens of a family have ended, or all of a user. */
export interface TokensEndedEvent extends Partial<RequestFacts> {
  readonly type: 'tokens_ended';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** Absent for all of the user. */
  readonly familyId?: string;
}

/** An API key was made, or ended before its time. */
export interface ApiKeyEvent extends Partial<RequestFacts> {
  readonly type: 'key_created' | 'key_ended';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** The id of the key, which is no secret. */
  readonly keyId: string;
  /** How the key begins and ends, as users see it in lists. */
  readonly hint: string;
}

/** A session began, was ended by its person, or ended otherwise. */
export interface SessionEvent extends Partial<RequestFacts> {
  readonly type: 'logged_in' | 'logged_out' | 'session_ended';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** The public id of the session, which is no secret. */
  readonly sessionId: string;
  /** Of a session that began: how its login was proved. */
  readonly methods?: readonly string[];
  /**
   * Of one that ended: by a new login in the same browser, because the user has too many, by the user from another
   * session, or by the provider that the login came from.
   */
  readonly reason?: 'replaced' | 'too_many' | 'by_user' | 'by_provider';
}

/** A second factor was added, removed, proved by a login that goes on, or failed. */
export interface FactorEvent extends Partial<Omit<RequestFacts, 'method'>> {
  /** `factor_closed`: too many wrong codes, so that one-time codes no longer count until another factor is proved. */
  readonly type:
    'factor_added' | 'factor_removed' | 'factor_failed' | 'factor_closed' | 'recovery_used' | 'stepped_up';
  /** The username, with its source where an app has several. */
  readonly user: string;
  /** Of the factor, an RFC 8176 value such as `otp` or `swk`; `passkey` where it is not known of which kind. */
  readonly method: string;
}

/** What services of tokens, keys, sessions and factors tell. */
export type ServiceEvent = TokenReusedEvent | TokensEndedEvent | ApiKeyEvent | SessionEvent | FactorEvent;

/** Something that a decision needs did not answer, or a provider, store or policy is faulty. */
export interface UnavailableEvent extends RequestFacts {
  readonly type: 'unavailable';
  /** The name of the provider, the store or the policy. */
  readonly component: string;
  /** `unavailable`: it said so; `deadline_passed`: it did not answer within `deadlineMs`; `bug`: it threw or answered something else. */
  readonly reason: 'unavailable' | 'deadline_passed' | 'bug';
  /** How many there were since the last such event of the component: more than one a minute are not told. */
  readonly count: number;
}

/** Something is set up wrongly: a stored hash that cannot be read, a bad new version of a file. */
export interface MisconfiguredEvent {
  readonly type: 'misconfigured';
  /** The name of the provider or the store. */
  readonly component: string;
  /** The problem in words, without secrets. */
  readonly problem: string;
  /** The user whose record it concerns; absent where it concerns no single one. */
  readonly user?: string | undefined;
}

/** Something works on with less than it should have, or (`recovered`) again with all. */
export interface DegradedEvent {
  readonly type: 'degraded' | 'recovered';
  /** The name of the provider or the store. */
  readonly component: string;
  /** The problem, or its end, in words, without secrets. */
  readonly problem: string;
}

/** Every event that `onEvent`, the channel `securest:event` and `auditLog` get; `type` tells which one it is. */
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

/** Hears every event; nobody waits for it. What it throws or rejects with changes no decision. */
export type SecurityEventListener = (event: SecurityEvent) => MaybePromise<void>;

/** What a component states about itself. */
export interface Problem {
  /** @default 'misconfigured' */
  readonly type?: 'misconfigured' | DegradedEvent['type'];
  readonly component: string;
  readonly problem: string;
  readonly user?: string | undefined;
}

/** Hears of problems; returns nothing, throws nothing. */
export type ProblemListener = (problem: Problem) => void;

/**
 * The key of a method by which a store or provider takes a listener for problems that arise outside of a
 * request. It returns a function that ends the listening.
 */
export const PROBLEM_SOURCE: unique symbol = Symbol('securest.problemSource');

/** A store or provider that finds problems by itself. */
export interface ProblemSource {
  [PROBLEM_SOURCE](listener: ProblemListener): () => void;
}

const LISTENER: unique symbol = Symbol('securest.problemListener');

type Listened = SecurityRequest & { [LISTENER]?: ProblemListener };

/**
 * Reports a problem that a provider met while it worked on the request that it was handed: it becomes a `misconfigured`
 * event and a line in the log. Never put a secret into it. Outside of a request see {@link PROBLEM_SOURCE}.
 * @example reportProblem(request, { component: 'Legacy', problem: 'the key ring is empty' });
 */
export function reportProblem(request: SecurityRequest, problem: Problem): void {
  (request as Listened)[LISTENER]?.(problem);
}

/** Routes what components report about this request to a listener. */
export function listenForProblems(request: SecurityRequest, listener: ProblemListener): void {
  (request as Listened)[LISTENER] = listener;
}
