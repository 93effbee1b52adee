/**
 * One provider is asked about one request, and its answer is judged: only a valid, active user whose credential has not
 * ended is a grant.
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
import { isUser, notAUser, type User } from '../core/user';
import type { MaybePromise, UserstoreInterface } from '../core/userstore';
import { withinDeadline } from '../http/deadline';
import { sendableHeaders } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import { printable } from '../util/printable';
import type { Answer, ChainLink, ChainOptions } from './chain';
import { isAmbientScheme } from './cross-site';
import { publicUserOf } from './public-login';
import { type Origin, ProviderUserstore } from './userstore-chain';
import { classify } from './verdicts';

/** One provider that is asked about one request. */
export class Asked {
  readonly request: RequestWithSignal;
  /** Hears of the verdict, where somebody watches. */
  onVerdict: ((verdict: ProviderVerdict) => void) | undefined;
  private readonly userstore: ProviderUserstore;
  private provider: AuthProviderInterface | undefined;

  /** @param before the login that is asked about once more; undefined at its first time */
  constructor(
    private readonly link: ChainLink,
    request: SecurityRequest,
    private readonly options: ChainOptions,
    private readonly before?: Authentication,
  ) {
    this.request = new RequestWithSignal(request);
    this.userstore = new ProviderUserstore(options.userstore);
  }

  /** @param ask what the provider is asked for */
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

/** How a provider is asked about a request. */
export type Ask = (
  provider: AuthProviderInterface,
  request: SecurityRequest,
  userstore: UserstoreInterface,
) => unknown;

const authenticate: Ask = (provider, request, userstore) => provider.authenticate(request, userstore);

const NOT_MINE: Answer = { verdict: 'no_credentials' };

/** Whoever answers with a user alone says nothing of the login, whose limits must not be lost with that. */
function withDetailsOf(before: Authentication, result: unknown): unknown {
  if (result instanceof Authentication || !isUser(result)) return result;
  return new Authentication(result, before);
}

/** Takes a provider's result as a grant only when it literally is one. */
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
  // Of the record as it is now: the provider may have added to it.
  if (fixed === undefined) silencePromisesIn(record);
  silencePromisesOf(details);
  if (!isKnownUser(record, fixed)) {
    return { verdict: 'bug', error: notAUser(record, found?.name ?? link.name) };
  }
  const origin = found ?? userstore.originOf(record);
  // A provider may have made a user of its own from the store's record.
  const isActive = origin === undefined ? activity.holds(record) : origin.isActive && record.active !== false;
  if (!isActive) return { verdict: 'inactive' };
  const owner = { identity: origin?.store ?? link, name: origin?.name ?? link.name };
  activity.reportOverlooked(record, fixed, owner, onProblem);
  const acceptedUntil = details && Authentication.acceptedUntil(details);
  // Written so that a broken date has passed.
  if (acceptedUntil !== undefined && !(clock() < acceptedUntil.getTime())) {
    return { verdict: 'bad_credentials' };
  }
  const lists = details === undefined ? undefined : checkedLists(details as Authentication);
  // Taken once: the very headers that are looked through are those that are sent.
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
    // The store knows better than a provider that asked it.
    stamp: origin === undefined && details !== undefined ? details.stamp : userstore.stampOf(record, origin),
    // What goes on is no new login.
    now: before === undefined ? clock() : (before.authenticatedAt?.getTime() ?? null),
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

/** True where it came by what a browser sends again by itself, without the person. */
function isRepeated(request: SecurityRequest, provider: AuthProviderInterface | undefined): boolean {
  const credentials = provider === undefined ? [] : credentialsOf(provider);
  if (credentials.includes('tls')) return true;
  return credentials.includes('authorization') && isAmbientScheme(request.header('authorization'));
}

/** A provider that does not say how it authenticates may repeat what it took elsewhere: its logins start nothing. */
function provedByOf(
  { isStandIn }: ChainLink,
  provider: AuthProviderInterface | undefined,
  details: Authentication | undefined,
): ProvedBy {
  if (isStandIn === true) return details?.provedBy ?? 'login';
  return provider?.proves ?? 'token';
}

/** True where a user of no store is never one of a store, whatever the name. */
function bringsOwnUsers(provider: AuthProviderInterface | undefined): boolean {
  return provider?.needsUserstore === false || provider?.describe?.().issuer !== undefined;
}

function isKnownUser(record: unknown, fixed: FixedUser | undefined): record is User {
  return fixed !== undefined || isUser(record);
}

/**
 * What a provider states of a login, as it is from now on. A limit, a role or a time that cannot be understood is none,
 * and must not be taken for one.
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

/** The provider keeps its list, and may change it later. */
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

/** Of what a provider states beside the user. */
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
