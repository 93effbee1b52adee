/**
 * One provider is asked about one request, and its answer is judged: only a valid, active user whose credential has not
 * ended is a grant.
 */
import { types } from 'node:util';
import type { AuthProviderInterface } from '../core/auth-provider';
import {
  Authentication,
  type AuthenticationSource,
  isBareAuthentication,
  provedLogin,
} from '../core/authentication';
import { NO_NAMES } from '../core/frozen-json';
import { listenForProblems, type ProblemListener, reportProblem } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { type FixedUser, fixedUser } from '../core/fixed-user';
import { silencePromisesIn } from '../core/silence';
import { isUser, notAUser, type User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import { withinDeadline } from '../http/deadline';
import { sendableHeaders } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import { printable } from '../util/printable';
import type { Answer, ChainLink, ChainOptions } from './chain';
import { publicUserOf } from './public-login';
import { type Origin, ProviderUserstore } from './userstore-chain';
import { classify } from './verdicts';

/** One provider that is asked about one request. */
export class Asked {
  readonly request: RequestWithSignal;
  private readonly userstore: ProviderUserstore;
  private provider: AuthProviderInterface | undefined;

  constructor(
    private readonly link: ChainLink,
    request: SecurityRequest,
    private readonly options: ChainOptions,
  ) {
    this.request = new RequestWithSignal(request);
    this.userstore = new ProviderUserstore(options.userstore);
  }

  answer(provider: AuthProviderInterface): MaybePromise<Answer> {
    const { request, userstore, options } = this;
    listenForProblems(request, ({ user, ...problem }) => {
      options.onProblem({ ...problem, user: user && userstore.label(user, this.link.name) });
    });
    this.provider = provider;
    try {
      const result: unknown = withinDeadline<unknown>(
        provider.authenticate(request, userstore),
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

  /** Users of an issuer are its own too: there whoever has a name need not be whom the store knows by it. */
  private hasOwnUsers(): boolean {
    const { provider } = this;
    return provider?.needsUserstore === false || provider?.describe?.().issuer !== undefined;
  }

  private failed(error: unknown): Answer {
    return { verdict: classify(error), error };
  }

  private judged(result: unknown): Answer {
    if (result === null || result === undefined) return NOT_MINE;
    const { link, request, userstore, options } = this;
    try {
      return accept(
        link,
        () => this.hasOwnUsers(),
        result,
        userstore,
        options,
        (problem) => {
          reportProblem(request, problem);
        },
      );
    } catch (error) {
      return this.failed(error);
    }
  }
}

const NOT_MINE: Answer = { verdict: 'no_credentials' };

/** Takes a provider's result as a grant only when it literally is one. */
function accept(
  link: ChainLink,
  hasOwnUsers: () => boolean,
  result: unknown,
  userstore: ProviderUserstore,
  { activity, clock }: ChainOptions,
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
  if (details !== undefined) refuseMalformed(details as Authentication);
  // Taken once: the very headers that are looked through are those that are sent.
  const stated = details && { claims: details.claims, replyHeaders: sendableHeaders(details.replyHeaders) };
  const user = publicUserOf(record, stated, origin, link.name, onProblem);
  const authentication = provedLogin(details ?? {}, {
    user,
    source: sourceOf(link, origin),
    home: userstore.homeOf(origin),
    // The store knows better than a provider that asked it.
    stamp: origin === undefined && details !== undefined ? details.stamp : userstore.stampOf(record, origin),
    now: clock(),
    replyHeaders: stated?.replyHeaders,
  });
  const label = (): string => printable(userstore.label(user.username, origin?.name ?? link.name));
  return {
    verdict: 'authenticated',
    grant: {
      authentication,
      record,
      origin,
      provider: link.name,
      hasOwnUsers: origin === undefined && hasOwnUsers(),
      label,
    },
  };
}

function isKnownUser(record: unknown, fixed: FixedUser | undefined): record is User {
  return fixed !== undefined || isUser(record);
}

/**
 * A limit, a role or a time that cannot be understood is none, and must not be taken for one.
 * @throws TypeError that names the detail
 */
function refuseMalformed({ methods, scopes, roles, isBound, authenticatedAt }: Authentication): void {
  if (!isListOfTexts(methods)) throw malformed('methods', 'a list of strings');
  if (scopes !== undefined && !isListOfTexts(scopes)) throw malformed('scopes', 'a list of strings');
  if (!isListOfTexts(roles)) throw malformed('roles', 'a list of strings');
  if (typeof (isBound as unknown) !== 'boolean') throw malformed('isBound', 'true or false');
  if (authenticatedAt !== undefined && !types.isDate(authenticatedAt))
    throw malformed('authenticatedAt', 'a date');
}

function isListOfTexts(value: unknown): boolean {
  if (value === NO_NAMES) return true;
  return Array.isArray(value) && !Array.from(value).some((text) => typeof text !== 'string');
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
