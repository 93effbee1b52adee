/**
 * The authentication chain: providers are asked in order until one authenticates the request.
 *
 * Only a user that a provider returned, that holds as a user and is active, is a grant. Everything else is
 * remembered as that provider's verdict, and if nothing later grants, the most severe verdict answers.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import { Authentication, type AuthenticationSource, provedLogin } from '../core/authentication';
import {
  listenForProblems,
  type ProblemListener,
  type ProviderVerdict,
  reportMisconfigured,
} from '../core/events';
import type { SecurityRequest } from '../core/request';
import { silencePromisesIn } from '../core/silence';
import { isUser, type User } from '../core/user';
import { HOME_OF, type MaybePromise } from '../core/userstore';
import { InvalidRequestError, type SecurityError } from '../errors';
import type { Clock } from '../util/clock';
import { parseAuthorization } from '../http/authorization-header';
import { printable } from '../util/printable';
import { UNREAD } from './cross-site';
import { withinDeadline } from '../http/deadline';
import { RequestWithSignal } from '../http/request-with-signal';
import { publicUserOf } from './public-login';
import { type Origin, ProviderUserstore, type UserstoreChain } from './userstore-chain';
import { classify, isFailure, isRefusal, refusalFor, type Verdict } from './verdicts';

/** A provider as the chain asks it. `get` resolves it anew, so that a replaced instance counts at once. */
export interface ChainLink {
  readonly name: string;
  /** True for the provider of the test kit: its logins are the app's own statements. */
  readonly isStandIn?: boolean;
  get(): AuthProviderInterface;
}

export interface ChainOptions {
  /** The providers in the order in which they are asked. */
  readonly links: () => readonly ChainLink[];
  readonly userstore: UserstoreChain;
  readonly deadlineMs: number;
  readonly stopAtBadCredentials: boolean;
  readonly clock: Clock;
  readonly onProblem: ProblemListener;
}

/** A request that a provider authenticated. */
export interface Authenticated {
  readonly kind: 'authenticated';
  /** The login as the app may see it: its user has no password hash. */
  readonly authentication: Authentication;
  /** The record as the store or provider gave it. */
  readonly record: User;
  /** Where the record came from; undefined for a user that no store of the app has. */
  readonly origin: Origin | undefined;
  /** The user as events name it. */
  label(): string;
  readonly provider: string;
  /** What the provider says it reads, and the headers that it looked for and found, in lower case. */
  readonly credentials: ReadonlySet<string>;
  readonly verdicts: readonly Verdict[];
  /** The headers that all providers looked at, in lower case. */
  readonly headersRead: ReadonlySet<string>;
}

/** A request that nobody authenticated. */
export interface Unauthenticated {
  readonly kind: 'anonymous' | 'refused';
  /** The error for this outcome, made anew each time. */
  error(): SecurityError;
  readonly verdicts: readonly Verdict[];
  readonly headersRead: ReadonlySet<string>;
}

export type ChainOutcome = Authenticated | Unauthenticated;

type Grant = Pick<Authenticated, 'authentication' | 'record' | 'origin' | 'label'>;

type Answer =
  | { readonly verdict: Exclude<ProviderVerdict, 'authenticated'>; readonly error?: unknown }
  | { readonly verdict: 'authenticated'; readonly grant: Grant };

/**
 * Asks the providers about a request, at once where they answer at once. Every fault of theirs is a verdict, none a
 * rejection.
 */
export function runChain(request: SecurityRequest, options: ChainOptions): MaybePromise<ChainOutcome> {
  const headersRead = new Set<string>();
  let isBearer: boolean;
  try {
    isBearer = parseAuthorization(request.header('authorization'))?.scheme === 'bearer';
  } catch (cause) {
    return { kind: 'refused', verdicts: [], headersRead, error: () => new InvalidRequestError({ cause }) };
  }
  return new ChainRun(request, options, isBearer, headersRead).askFrom(0);
}

/** One request on its way through the providers. */
class ChainRun {
  private readonly links: readonly ChainLink[];
  private readonly verdicts: Verdict[] = [];
  private readonly failedCredentials: string[] = [];

  constructor(
    private readonly request: SecurityRequest,
    private readonly options: ChainOptions,
    private readonly isBearer: boolean,
    private readonly headersRead: Set<string>,
  ) {
    this.links = options.links();
  }

  askFrom(index: number): MaybePromise<ChainOutcome> {
    for (const [offset, link] of this.links.slice(index).entries()) {
      const { provider, credential, fault } = open(link);
      const { failedCredentials } = this;
      if (failedCredentials.includes(credential) || failedCredentials.includes(UNKNOWN_CREDENTIAL)) {
        this.verdicts.push({ provider: link.name, credential, verdict: 'not_asked' });
        continue;
      }
      const ownHeaders = new Set<string>();
      const answer: MaybePromise<Answer> =
        provider === undefined
          ? { verdict: 'bug', error: fault }
          : ask(link, provider, new RequestWithSignal(this.request, ownHeaders), this.options);
      if (answer instanceof Promise) {
        return answer.then(
          (later) => this.judge(link, credential, ownHeaders, later) ?? this.askFrom(index + offset + 1),
        );
      }
      const outcome = this.judge(link, credential, ownHeaders, answer);
      if (outcome !== undefined) return outcome;
    }
    return this.unauthenticated();
  }

  /** What an answer ends the chain with; undefined where the next provider is asked. */
  private judge(
    link: ChainLink,
    credential: string,
    ownHeaders: ReadonlySet<string>,
    answer: Answer,
  ): ChainOutcome | undefined {
    const { verdicts, headersRead, request, options } = this;
    for (const name of ownHeaders) headersRead.add(name);
    const { verdict } = answer;
    verdicts.push({
      provider: link.name,
      credential,
      verdict,
      error: 'error' in answer ? answer.error : undefined,
    });
    if (answer.verdict === 'authenticated') {
      const found = [...ownHeaders].filter((name) => request.header(name) !== undefined);
      const credentials = new Set([credential, ...found, ...(isRead(credential, found) ? [] : [UNREAD])]);
      return {
        kind: 'authenticated',
        ...answer.grant,
        provider: link.name,
        credentials,
        verdicts,
        headersRead,
      };
    }
    if (verdict === 'throttled' || (options.stopAtBadCredentials && isRefusal(verdict))) {
      return this.unauthenticated();
    }
    if (isFailure(verdict)) this.failedCredentials.push(credential);
    return undefined;
  }

  private unauthenticated(): Unauthenticated {
    const { verdicts, headersRead, isBearer } = this;
    const isAnonymous = verdicts.every(({ verdict }) => verdict === 'no_credentials');
    return {
      kind: isAnonymous ? 'anonymous' : 'refused',
      verdicts,
      headersRead,
      error: () => refusalFor(verdicts, isBearer),
    };
  }
}

/** True unless a provider names a header, and granted without having found it there. */
function isRead(credential: string, found: readonly string[]): boolean {
  return credential === 'cookie' || credential === 'tls' || found.includes(credential);
}

/** Of a provider that cannot even be created nobody knows what it reads: then nothing after it may grant. */
const UNKNOWN_CREDENTIAL = '*';

function open(link: ChainLink): { provider?: AuthProviderInterface; credential: string; fault?: unknown } {
  try {
    const provider = link.get();
    return { provider, credential: (provider.credential ?? 'authorization').toLowerCase() };
  } catch (fault) {
    return { credential: UNKNOWN_CREDENTIAL, fault };
  }
}

function ask(
  link: ChainLink,
  provider: AuthProviderInterface,
  own: RequestWithSignal,
  options: ChainOptions,
): MaybePromise<Answer> {
  const userstore = new ProviderUserstore(options.userstore);
  listenForProblems(own, ({ user, ...problem }) => {
    options.onProblem({ ...problem, user: user && userstore.label(user, link.name) });
  });
  const failed = (error: unknown): Answer => ({ verdict: classify(error), error });
  const judged = (result: unknown): Answer => {
    if (result === null || result === undefined) return { verdict: 'no_credentials' };
    try {
      return accept(link, result, userstore, options.clock, (problem) => {
        reportMisconfigured(own, problem);
      });
    } catch (error) {
      return failed(error);
    }
  };
  try {
    const result: unknown = withinDeadline<unknown>(
      provider.authenticate(own, userstore),
      options.deadlineMs,
      (reason) => {
        own.abort(reason);
      },
    );
    return result instanceof Promise ? result.then(judged, failed) : judged(result);
  } catch (error) {
    return failed(error);
  }
}

/** Takes a provider's result as a grant only when it literally is one. */
function accept(
  link: ChainLink,
  result: unknown,
  userstore: ProviderUserstore,
  clock: Clock,
  onProblem: ProblemListener,
): Answer {
  silencePromisesIn(result);
  const details = result instanceof Authentication ? result : undefined;
  const record: unknown = details === undefined ? result : details.user;
  if (!isUser(record)) {
    return { verdict: 'bug', error: new TypeError(`${link.name} returned something that is no user`) };
  }
  if (record.active === false) return { verdict: 'inactive' };
  const acceptedUntil = details && Authentication.acceptedUntil(details);
  // Written so that a broken date has passed.
  if (acceptedUntil !== undefined && !(clock() < acceptedUntil.getTime())) {
    return { verdict: 'bad_credentials' };
  }
  const origin = userstore.originOf(record);
  const user = publicUserOf(record, details, origin, link.name, onProblem);
  const home = userstore[HOME_OF](record);
  const authentication = provedLogin(details ?? {}, {
    user,
    source: sourceOf(link, origin),
    home: home?.isOneOfSeveral === true ? home.name : undefined,
    // The store knows better than a provider that asked it.
    stamp: origin === undefined && details !== undefined ? details.stamp : userstore.stampOf(record),
    now: clock(),
  });
  const label = (): string => printable(userstore.label(user.username, origin?.name ?? link.name));
  return { verdict: 'authenticated', grant: { authentication, record, origin, label } };
}

function sourceOf(
  { name, isStandIn }: ChainLink,
  origin: Origin | undefined,
): AuthenticationSource | undefined {
  if (origin !== undefined) return { kind: 'userstore', name: origin.name };
  return isStandIn === true ? undefined : { kind: 'provider', name };
}
