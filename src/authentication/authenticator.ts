/**
 * Authenticates each request once, however many guards and parameters ask, also at the same time.
 */
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

/** An authenticated request that is refused all the same, before anything was decided about the action. */
export interface Barred {
  readonly kind: 'barred';
  readonly authenticated: Authenticated;
  error(): SecurityError;
}

export type AuthenticationOutcome = Authenticated | Unauthenticated | Barred;

export interface AuthenticatorOptions extends RecheckOptions {
  readonly requireHttps: boolean;
  readonly trustedOrigins: ReadonlySet<string>;
  /** True for an address of this machine itself, whose plain HTTP nobody can read. */
  readonly isLoopback: (ip: string) => boolean;
  /** Hears of each outcome once, as it comes about. */
  readonly onOutcome: (request: SecurityRequest, outcome: AuthenticationOutcome) => void;
}

export class Authenticator {
  constructor(private readonly options: AuthenticatorOptions) {}

  /** The outcome for a request, at once where nobody has to be waited for; what was decided first stands. */
  authenticate(state: RequestState): MaybePromise<AuthenticationOutcome> {
    return this.outcomeOf(state, false);
  }

  /** The same for a request that opens a socket, which counts as unsafe whatever its method is. */
  handshake(state: RequestState): MaybePromise<AuthenticationOutcome> {
    return chained(this.outcomeOf(state, true), (decided) => {
      // It may have been decided before, as a safe request.
      const barred = this.bar(state.request, decided, true);
      if (barred === decided) return decided;
      state.outcome = barred;
      return this.told(state.request, barred);
    });
  }

  /** Whether a login that was given before still counts; no credential is used, and no try counted. */
  recheck(known: KnownLogin): MaybePromise<Recheck> {
    return recheckLogin(known, this.options);
  }

  /**
   * Asks providers that are no links of the app's chain about a request, each in its turn and judged as those of the app.
   * @param bringsPassword true where the body has a password, which must not come in the clear either
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

  /** @throws CrossSiteError where a page of a foreign site may have sent a request that changes something */
  refuseCrossSite(request: SecurityRequest): void {
    if (isCrossSite(request, () => ['cookie'], this.options.trustedOrigins)) throw new CrossSiteError();
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
      // Several Authorization lines: one of them may be Basic, and the chain refuses them anyway.
      return false;
    }
  }

  /** True where that is refused, and the client is on another machine. */
  private isInClear(request: SecurityRequest): boolean {
    if (!this.options.requireHttps || request.secure) return false;
    // A proxy on this machine says by its headers that the client is elsewhere.
    return !this.options.isLoopback(request.ip) || isForwarded((name) => request.header(name));
  }
}

/** An outcome as observers hear of it. */
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
