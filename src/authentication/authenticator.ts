/** Authenticates each request once, however many guards and parameters ask, even at the same time. */
import type { ObservedOutcome } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { CrossSiteError, HttpsRequiredError, type SecurityError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { isForwarded } from '../http/client-address';
import { chained } from '../util/maybe-promise';
import {
  type ChainLink,
  type ChainOutcome,
  type Authenticated,
  runChain,
  type Unauthenticated,
} from './chain';
import { isCrossSite } from './cross-site';
import { type KnownLogin, type Recheck, recheckLogin, type RecheckOptions } from './recheck';
import type { RequestState } from './request-state';
import { answeringVerdict } from './verdicts';

/** An authenticated request that is refused nevertheless, before anything was decided about the action. */
export interface Barred {
  readonly kind: 'barred';
  readonly authenticated: Authenticated;
  error(): SecurityError;
}

export type AuthenticationOutcome = Authenticated | Unauthenticated | Barred;

export interface AuthenticatorOptions extends RecheckOptions {
  readonly requireHttps: boolean;
  readonly trustedOrigins: ReadonlySet<string>;
  /** True for an address of this machine, whose plain HTTP nobody else can read. */
  readonly isLoopback: (ip: string) => boolean;
  /** Called once with each outcome, as soon as it is decided. */
  readonly onOutcome: (request: SecurityRequest, outcome: AuthenticationOutcome) => void;
}

export class Authenticator {
  constructor(private readonly options: AuthenticatorOptions) {}

  /** The outcome for a request, synchronous if nothing has to be awaited. The first decision stands. */
  authenticate(state: RequestState): MaybePromise<AuthenticationOutcome> {
    return this.outcomeOf(state, false);
  }

  /** The same for a request that opens a socket. It counts as unsafe whatever its method is. */
  handshake(state: RequestState): MaybePromise<AuthenticationOutcome> {
    return chained(this.outcomeOf(state, true), (decided) => {
      // The request may have been authenticated before, as a safe one.
      const barred = this.bar(state.request, decided, true);
      if (barred === decided) return decided;
      state.outcome = barred;
      return this.told(state.request, barred);
    });
  }

  /** Whether a login that was given earlier still counts. Uses no credential and counts no attempt. */
  recheck(known: KnownLogin): MaybePromise<Recheck> {
    return recheckLogin(known, this.options);
  }

  /**
   * Asks providers that are not in the app's chain about a request, in order, and judges them like those of the app.
   * @param bringsPassword true if the body has a password, which must not come over plain HTTP either
   */
  ask(
    request: SecurityRequest,
    links: readonly ChainLink[],
    bringsPassword: boolean,
  ): MaybePromise<ChainOutcome> {
    if (bringsPassword && this.isInClear(request)) return this.toldInClear(request);
    const options = { ...this.options, links: () => links, stopAtBadCredentials: false };
    const decide = () =>
      chained(runChain(request, options), (outcome) => {
        this.options.onOutcome(request, outcome);
        return outcome;
      });
    const { observers } = options;
    return observers.isOn ? observers.authentication(request, decide, observedOf) : decide();
  }

  /** @throws CrossSiteError if a page of a foreign site may have sent a request that changes data */
  refuseCrossSite(request: SecurityRequest): void {
    if (isCrossSite(request, () => ['cookie'], this.options.trustedOrigins)) throw new CrossSiteError();
  }

  /** @throws HttpsRequiredError for a request with a password in its body over a connection that others can read */
  refuseInClear(request: SecurityRequest): void {
    if (this.isInClear(request)) throw this.toldInClear(request).error();
  }

  private outcomeOf(state: RequestState, isHandshake: boolean): MaybePromise<AuthenticationOutcome> {
    const { observers } = this.options;
    return state.authenticated((request) =>
      observers.isOn
        ? observers.authentication(request, () => this.decide(request, isHandshake), observedOf)
        : this.decide(request, isHandshake),
    );
  }

  private decide(request: SecurityRequest, isHandshake: boolean): MaybePromise<AuthenticationOutcome> {
    if (!this.isPasswordInClear(request)) {
      return chained(runChain(request, this.options), (outcome) =>
        this.told(request, this.bar(request, outcome, isHandshake)),
      );
    }
    return this.toldInClear(request);
  }

  private toldInClear(request: SecurityRequest): Unauthenticated {
    const outcome: Unauthenticated = {
      kind: 'refused',
      verdicts: [],
      headersRead: [],
      error: () => new HttpsRequiredError(),
    };
    this.options.onOutcome(request, outcome);
    return outcome;
  }

  private told(request: SecurityRequest, outcome: AuthenticationOutcome): AuthenticationOutcome {
    this.options.onOutcome(request, outcome);
    return outcome;
  }

  private bar(
    request: SecurityRequest,
    outcome: AuthenticationOutcome,
    isHandshake: boolean,
  ): AuthenticationOutcome {
    if (outcome.kind !== 'authenticated') return outcome;
    if (!isCrossSite(request, outcome.credentials, this.options.trustedOrigins, isHandshake)) return outcome;
    return { kind: 'barred', authenticated: outcome, error: () => new CrossSiteError() };
  }

  /** True when a password comes over a connection that others can read. */
  private isPasswordInClear(request: SecurityRequest): boolean {
    try {
      return (
        this.isInClear(request) && parseAuthorization(request.header('authorization'))?.scheme === 'basic'
      );
    } catch {
      // There are several Authorization lines. One of them may be Basic, but the chain refuses them anyway.
      return false;
    }
  }

  /** True if HTTPS is required, the request is not secure and the client is on another machine. */
  private isInClear(request: SecurityRequest): boolean {
    if (!this.options.requireHttps || request.secure) return false;
    // The headers of a proxy on this machine tell that the client is elsewhere.
    return !this.options.isLoopback(request.ip) || isForwarded((name) => request.header(name));
  }
}

/** An outcome as observers receive it. */
function observedOf(outcome: AuthenticationOutcome): ObservedOutcome {
  if (outcome.kind === 'anonymous') return { outcome: 'anonymous' };
  if (outcome.kind === 'authenticated') {
    return { outcome: 'authenticated', provider: outcome.provider, user: outcome.label() };
  }
  const { code } = outcome.error();
  if (outcome.kind === 'barred') {
    const { authenticated } = outcome;
    return { outcome: 'refused', code, provider: authenticated.provider, user: authenticated.label() };
  }
  const provider = answeringVerdict(outcome.verdicts)?.provider;
  return { outcome: 'refused', code, ...(provider !== undefined && { provider }) };
}
