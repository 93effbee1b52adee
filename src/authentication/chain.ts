/**
 * The authentication chain: providers are asked in order until one authenticates the request.
 *
 * Only an answer that `asked.ts` accepts is a grant. Any other answer is recorded as that provider's verdict. If no
 * later provider grants, the most severe verdict decides the error response.
 */
import type { Observers } from '../audit/observers';
import { type AuthProviderInterface, credentialsOf, isHeader } from '../core/auth-provider';
import type { Authentication } from '../core/authentication';
import type { ProblemListener, ProviderVerdict } from '../core/events';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import {
  AccountStatusError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  type SecurityError,
} from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { appended } from '../util/appended';
import type { Clock } from '../util/clock';
import { isInstance } from '../util/instance';
import type { Activity } from './activity';
import { Asked } from './asked';
import { UNREAD } from './cross-site';
import type { Origin, UserstoreChain } from './userstore-chain';
import { isFailure, isRefusal, refusalFor, type Verdict } from './verdicts';

/** A link of the chain: a provider by its name. `get` resolves it anew, so that a replaced instance counts at once. */
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
  readonly activity: Activity;
  readonly onProblem: ProblemListener;
  readonly observers: Observers;
}

/** A login, and the origin of its user. */
export interface Login {
  /** The login as the app may see it: its user has no password hash. */
  readonly authentication: Authentication;
  /** The record as the store or provider gave it. */
  readonly record: User;
  /** The origin of the record; undefined for a user that is in no store of the app. */
  readonly origin: Origin | undefined;
  /** The name of the provider that authenticated it. */
  readonly provider: string;
  /** True for a user of no store whose provider says that its users are never those of a store. */
  readonly hasOwnUsers: boolean;
  /** The user as events name it. */
  label(): string;
}

/** A request that a provider authenticated. */
export interface Authenticated extends Login {
  readonly kind: 'authenticated';
  /** The credentials that the provider declares, and the headers that it looked for and found, in lower case. */
  readonly credentials: () => readonly string[];
  readonly verdicts: readonly Verdict[];
  /** The headers that all providers looked at, in lower case. */
  readonly headersRead: readonly string[];
}

/** A request that no provider authenticated. */
export interface Unauthenticated {
  readonly kind: 'anonymous' | 'refused';
  /** The error for this outcome, created anew each time. */
  error(): SecurityError;
  readonly verdicts: readonly Verdict[];
  readonly headersRead: readonly string[];
}

export type ChainOutcome = Authenticated | Unauthenticated;

/** The result of asking one provider. */
export type Answer =
  | { readonly verdict: Exclude<ProviderVerdict, 'authenticated'>; readonly error?: unknown }
  | { readonly verdict: 'authenticated'; readonly grant: Login };

/**
 * Asks the providers about a request, synchronously if they answer synchronously. Every fault of a provider becomes a
 * verdict: the promise never rejects because of a provider.
 */
export function runChain(request: SecurityRequest, options: ChainOptions): MaybePromise<ChainOutcome> {
  let authorization: string | undefined;
  try {
    authorization = request.header('authorization');
  } catch (cause) {
    return {
      kind: 'refused',
      verdicts: [],
      headersRead: [],
      error: () => new InvalidRequestError({ cause }),
    };
  }
  return new ChainRun(request, options, authorization).askFrom(0);
}

const NONE: readonly never[] = [];
const SOMEBODY_ELSES: Answer = { verdict: 'not_mine' };

/** True if the credential certainly belongs to that provider. */
function isFinal(answer: Answer): boolean {
  if (!isRefusal(answer.verdict)) return false;
  const error = 'error' in answer ? answer.error : undefined;
  return (
    isInstance<Final>(error, BadCredentialsError, AccountStatusError, MalformedCredentialsError) &&
    error.final
  );
}

type Final = BadCredentialsError | AccountStatusError | MalformedCredentialsError;

/** One request on its way through the providers. */
class ChainRun {
  private readonly links: readonly ChainLink[];
  private verdicts: readonly Verdict[] = NONE;
  private failedCredentials: readonly string[] = NONE;
  private headersRead: readonly string[] = NONE;

  constructor(
    private readonly request: SecurityRequest,
    private readonly options: ChainOptions,
    private readonly authorization: string | undefined,
  ) {
    this.links = options.links();
  }

  askFrom(index: number): MaybePromise<ChainOutcome> {
    const { links, request, options } = this;
    for (let at = index; at < links.length; at += 1) {
      const link = links[at];
      if (link === undefined) continue;
      const { provider, credentials, schemes, fault } = open(link);
      if (this.hasFailed(credentials)) {
        this.note({ provider: link.name, credentials, verdict: 'not_asked' });
        continue;
      }
      const asked = new Asked(link, request, options);
      const answer = provider === undefined ? bug(fault) : asked.answer(provider);
      if (answer instanceof Promise) {
        return answer.then((later) => {
          return this.judge(link, credentials, asked, this.claimed(later, schemes)) ?? this.askFrom(at + 1);
        });
      }
      const outcome = this.judge(link, credentials, asked, this.claimed(answer, schemes));
      if (outcome !== undefined) return outcome;
    }
    return this.unauthenticated();
  }

  /** The outcome if this answer ends the chain; undefined if the next provider is to be asked. */
  private judge(
    link: ChainLink,
    credentials: readonly string[],
    { request: { headersRead: ownHeaders }, onVerdict }: Asked,
    answer: Answer,
  ): ChainOutcome | undefined {
    const { request, options } = this;
    for (const credential of credentials) {
      if (isHeader(credential) && credential !== UNKNOWN_CREDENTIAL) this.noteRead(credential);
    }
    for (const name of ownHeaders) this.noteRead(name);
    const { verdict } = answer;
    onVerdict?.(verdict);
    this.note({
      provider: link.name,
      credentials,
      verdict,
      error: 'error' in answer ? answer.error : undefined,
    });
    if (answer.verdict === 'authenticated') {
      const { authentication, record, origin, hasOwnUsers } = answer.grant;
      return {
        kind: 'authenticated',
        authentication,
        record,
        origin,
        hasOwnUsers,
        label: () => answer.grant.label(),
        provider: answer.grant.provider,
        credentials: () => credentialsIn(request, credentials, ownHeaders),
        verdicts: this.verdicts,
        headersRead: this.headersRead,
      };
    }
    if (verdict === 'throttled' || (options.stopAtBadCredentials && isRefusal(verdict))) {
      return this.unauthenticated();
    }
    const isOver = isFailure(verdict) || isFinal(answer);
    const own = credentials.length === 0 ? [UNKNOWN_CREDENTIAL] : credentials;
    if (isOver) this.failedCredentials = [...this.failedCredentials, ...own];
    return undefined;
  }

  /**
   * A provider that declines credentials of a scheme that it reads thereby tells that they belong to another provider.
   */
  private claimed(answer: Answer, schemes: readonly string[] | undefined): Answer {
    if (answer.verdict !== 'no_credentials' || schemes === undefined) return answer;
    const scheme = parseAuthorization(this.authorization)?.scheme;
    return scheme !== undefined && schemes.includes(scheme) ? SOMEBODY_ELSES : answer;
  }

  /** True if any of the credentials has failed: a weaker provider must not accept a credential that failed before. */
  private hasFailed(credentials: readonly string[]): boolean {
    const { failedCredentials: failed } = this;
    if (failed.length === 0) return false;
    return failed.includes(UNKNOWN_CREDENTIAL) || credentials.some((name) => failed.includes(name));
  }

  private note(verdict: Verdict): void {
    this.verdicts = appended(this.verdicts, verdict);
  }

  private noteRead(header: string): void {
    if (!this.headersRead.includes(header)) this.headersRead = appended(this.headersRead, header);
  }

  private unauthenticated(): Unauthenticated {
    const { verdicts, headersRead, authorization } = this;
    const isAnonymous = verdicts.every(({ verdict }) => verdict === 'no_credentials');
    return {
      kind: isAnonymous ? 'anonymous' : 'refused',
      verdicts,
      headersRead,
      error: () => refusalFor(verdicts, parseAuthorization(authorization)?.scheme === 'bearer'),
    };
  }
}

/** @param headers that the granting provider looked for */
function credentialsIn(
  request: SecurityRequest,
  credentials: readonly string[],
  headers: readonly string[],
): readonly string[] {
  const found = headers.filter((name) => isSent(request, name));
  // The provider declares headers, and granted without having found any of them.
  const isUnread = !credentials.some((name) => name === 'cookie' || !isHeader(name) || found.includes(name));
  return [...new Set([...credentials, ...found]), ...(isUnread ? [UNREAD] : [])];
}

/** A header that was sent more often than allowed counts as sent. */
function isSent(request: SecurityRequest, name: string): boolean {
  try {
    return request.header(name) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Stands for the credentials of a provider that cannot be created. They are unknown, so no later provider may grant.
 */
const UNKNOWN_CREDENTIAL = '*';

interface Opened {
  readonly provider?: AuthProviderInterface;
  readonly credentials: readonly string[];
  readonly schemes?: readonly string[] | undefined;
  readonly fault?: unknown;
}

function open(link: ChainLink): Opened {
  try {
    const provider = link.get();
    return { provider, credentials: credentialsOf(provider), schemes: provider.schemes };
  } catch (fault) {
    return { credentials: [UNKNOWN_CREDENTIAL], fault };
  }
}

/** A provider that cannot be created has a bug, whatever error its constructor throws. */
function bug(error: unknown): Answer {
  return { verdict: 'bug', error };
}
