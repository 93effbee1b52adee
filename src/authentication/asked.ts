/**
 * Asks one provider about one request and judges its answer: only a valid, active user whose credential has not expired
 * is a grant.
 */
import { types } from 'node:util';
import { type AuthProviderInterface, credentialsOf } from '../core/auth-provider';
import {
  Authentication,
  type AuthenticationSource,
  isBareAuthentication,
  type ProvedBy,
  provedLogin,
  type StatedLists,
} from '../core/authentication';
import { NO_NAMES } from '../core/frozen-json';
import { listenForProblems, type ProblemListener, type ProviderVerdict, reportProblem } from '../core/events';
import { listenForLookups } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import { type FixedUser, fixedUser } from '../core/fixed-user';
import { silencePromisesIn } from '../core/silence';
import { isUser, notAUser, type User, userIdOf } from '../core/user';
import type { MaybePromise, UserstoreInterface } from '../core/userstore';
import { withinDeadline } from '../http/deadline';
import { sendableHeaders } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import type { Clock } from '../util/clock';
import { printable } from '../util/printable';
import type { Answer, ChainLink, ChainOptions } from './chain';
import { isAmbientScheme } from './cross-site';
import { publicUserOf } from './public-login';
import { type Origin, ProviderUserstore } from './userstore-chain';
import { classify } from './verdicts';

/** One provider that is asked about one request. */
export class Asked {
  readonly request: RequestWithSignal;
  /** Is called with the verdict while the app observes providers. */
  onVerdict: ((verdict: ProviderVerdict) => void) | undefined;
  private readonly userstore: ProviderUserstore;
  private provider: AuthProviderInterface | undefined;

  /** @param before the login to recheck; undefined when the request is authenticated for the first time */
  constructor(
    private readonly link: ChainLink,
    request: SecurityRequest,
    private readonly options: ChainOptions,
    private readonly before?: Authentication,
  ) {
    this.request = new RequestWithSignal(request);
    this.userstore = new ProviderUserstore(options.userstore);
  }

  /** @param ask the call to make on the provider */
  answer(provider: AuthProviderInterface, ask: Ask = authenticate): MaybePromise<Answer> {
    const { request, userstore, options } = this;
    listenForProblems(request, ({ user, ...problem }) => {
      options.onProblem({ ...problem, user: user && userstore.label(user, this.link.name) });
    });
    this.provider = provider;
    if (options.observers.isOn) this.watch();
    try {
      const result: unknown = withinDeadline<unknown>(
        ask(provider, request, userstore),
        options.deadlineMs,
        (reason) => {
          request.abort(reason);
        },
      );
      if (!(result instanceof Promise)) return this.judged(result);
      return result.then(
        (later) => this.judged(later),
        (error: unknown) => this.failed(error),
      );
    } catch (error) {
      return this.failed(error);
    }
  }

  private watch(): void {
    const { observers } = this.options;
    const { name } = this.link;
    listenForLookups(this.request, (isHit) => {
      observers.lookup(name, isHit);
    });
    this.onVerdict = observers.provider(name);
  }

  private failed(error: unknown): Answer {
    return { verdict: classify(error), error };
  }

  private judged(result: unknown): Answer {
    if (result === null || result === undefined) return NOT_MINE;
    const { link, request, userstore, options, before } = this;
    try {
      const answer = before === undefined ? result : withDetailsOf(before, result);
      return accept(link, this.provider, answer, request, userstore, options, before, (problem) => {
        reportProblem(request, problem);
      });
    } catch (error) {
      return this.failed(error);
    }
  }
}

/** How to ask a provider about a request. */
export type Ask = (
  provider: AuthProviderInterface,
  request: SecurityRequest,
  userstore: UserstoreInterface,
) => unknown;

const authenticate: Ask = (provider, request, userstore) => provider.authenticate(request, userstore);

const NOT_MINE: Answer = { verdict: 'no_credentials' };

/**
 * A provider that returns a bare user states no details of the login. The limits of the earlier login must not be lost
 * by that.
 */
function withDetailsOf(before: Authentication, result: unknown): unknown {
  if (result instanceof Authentication || !isUser(result)) return result;
  return new Authentication(result, before);
}

/** Accepts a provider's result as a grant only if it is a valid one. */
function accept(
  link: ChainLink,
  provider: AuthProviderInterface | undefined,
  result: unknown,
  request: SecurityRequest,
  userstore: ProviderUserstore,
  { activity, clock }: ChainOptions,
  before: Authentication | undefined,
  onProblem: ProblemListener,
): Answer {
  const details = result instanceof Authentication ? result : undefined;
  const record: unknown = details === undefined ? result : details.user;
  const found = userstore.find(record);
  const fixed = found === undefined ? fixedUser(record) : found.fixed;
  // The record as it is now: the provider may have added to it.
  if (fixed === undefined) silencePromisesIn(record);
  silencePromisesOf(details);
  if (!isKnownUser(record, fixed)) {
    return { verdict: 'bug', error: notAUser(record, found?.name ?? link.name) };
  }
  const origin = found ?? userstore.originOf(record);
  // A provider may have built its own user from the store's record.
  const isActive = origin === undefined ? activity.holds(record) : origin.isActive && record.active !== false;
  if (!isActive) return { verdict: 'inactive' };
  const owner = { identity: origin?.store ?? link, name: origin?.name ?? link.name };
  activity.reportOverlooked(record, fixed, owner, onProblem);
  const acceptedUntil = details && Authentication.acceptedUntil(details);
  // Written so that an invalid date counts as passed.
  if (acceptedUntil !== undefined && !(clock() < acceptedUntil.getTime())) {
    return { verdict: 'bad_credentials' };
  }
  const lists = details === undefined ? undefined : checkedLists(details as Authentication);
  // Read once, so that the headers that are checked are the headers that are sent.
  const stated = details && { claims: details.claims, replyHeaders: sendableHeaders(details.replyHeaders) };
  const user = publicUserOf(record, stated, origin, link.name, onProblem);
  const authentication = provedLogin(details ?? {}, {
    user,
    source: sourceOf(link, origin),
    home: userstore.homeOf(origin),
    provedBy: provedByOf(link, provider, details),
    familyId: details?.familyId,
    sessionId: details?.sessionId,
    isRepeated: link.isStandIn !== true && isRepeated(request, provider),
    // The store knows better than the provider that asked it.
    stamp: origin === undefined && details !== undefined ? details.stamp : userstore.stampOf(record, origin),
    userId: origin && userIdOf(origin.user),
    now: timeOf(before, link, provider, clock),
    replyHeaders: stated?.replyHeaders,
    lists,
  });
  const hasOwnUsers = origin === undefined && bringsOwnUsers(provider);
  const label = (): string => printable(userstore.label(user.username, origin?.name ?? link.name));
  return {
    verdict: 'authenticated',
    grant: { authentication, record, origin, provider: link.name, hasOwnUsers, label },
  };
}

/** When the login was made, if the provider does not state it; null if that is unknown. */
function timeOf(
  before: Authentication | undefined,
  { isStandIn }: ChainLink,
  provider: AuthProviderInterface | undefined,
  clock: Clock,
): number | null {
  // A recheck continues a login and starts no new one.
  if (before !== undefined) return before.authenticatedAt?.getTime() ?? null;
  const proves = isStandIn === true ? 'login' : provider?.proves;
  // What is declared as a session, a token or a key was made earlier.
  return proves === undefined || proves === 'login' ? clock() : null;
}

/** True if the login came by credentials that a browser sends again by itself, without the person. */
function isRepeated(request: SecurityRequest, provider: AuthProviderInterface | undefined): boolean {
  const credentials = provider === undefined ? [] : credentialsOf(provider);
  if (credentials.includes('tls')) return true;
  return credentials.includes('authorization') && isAmbientScheme(request.header('authorization'));
}

/**
 * A provider that does not declare `proves` may repeat a proof that it took elsewhere, so its logins count as logins by
 * token.
 */
function provedByOf(
  { isStandIn }: ChainLink,
  provider: AuthProviderInterface | undefined,
  details: Authentication | undefined,
): ProvedBy {
  if (isStandIn === true) return details?.provedBy ?? 'login';
  return provider?.proves ?? 'token';
}

/** True if a user of no store is never a user of a store, even under the same name. */
function bringsOwnUsers(provider: AuthProviderInterface | undefined): boolean {
  return provider?.needsUserstore === false || provider?.describe?.().issuer !== undefined;
}

function isKnownUser(record: unknown, fixed: FixedUser | undefined): record is User {
  return fixed !== undefined || isUser(record);
}

/**
 * The details that a provider states of a login, fixed from now on. A limit, a role or a time that cannot be understood
 * is an error: it must not be ignored.
 * @throws TypeError that names the detail
 */
function checkedLists(details: Authentication): StatedLists {
  const { methods, scopes, roles, isBound, authenticatedAt } = details;
  for (const name of ['familyId', 'sessionId'] as const) {
    const value: unknown = details[name];
    if (value !== undefined && typeof value !== 'string') throw malformed(name, 'a text');
  }
  if (typeof (isBound as unknown) !== 'boolean') throw malformed('isBound', 'true or false');
  if (authenticatedAt !== undefined && !types.isDate(authenticatedAt)) {
    throw malformed('authenticatedAt', 'a date');
  }
  return {
    methods: fixedList(methods, 'methods'),
    scopes: scopes === undefined ? undefined : fixedList(scopes, 'scopes'),
    roles: fixedList(roles, 'roles'),
  };
}

/** Copies the list: the provider keeps its own, and may change it later. */
function fixedList(value: unknown, detail: string): readonly string[] {
  if (value === NO_NAMES) return NO_NAMES;
  if (!Array.isArray(value)) throw malformed(detail, 'a list of strings');
  const list: readonly unknown[] =
    Object.isFrozen(value) && !types.isProxy(value) ? value : Object.freeze(Array.from(value as unknown[]));
  for (const text of list) if (typeof text !== 'string') throw malformed(detail, 'a list of strings');
  return list as readonly string[];
}

function malformed(detail: string, must: string): TypeError {
  return new TypeError(`The \`${detail}\` of an Authentication must be ${must}`);
}

/** Covers the values that a provider states beside the user. */
function silencePromisesOf(details: Authentication | undefined): void {
  if (details === undefined) return;
  if (!isBareAuthentication(details)) silencePromisesIn(details);
  silencePromisesIn(details.claims);
  silencePromisesIn(details.replyHeaders);
  silencePromisesIn(details.methods);
  silencePromisesIn(details.scopes);
  silencePromisesIn(details.roles);
}

function sourceOf(
  { name, isStandIn }: ChainLink,
  origin: Origin | undefined,
): AuthenticationSource | undefined {
  if (origin !== undefined) return { kind: 'userstore', name: origin.name };
  return isStandIn === true ? undefined : { kind: 'provider', name };
}
