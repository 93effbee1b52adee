/**
 * Authenticates each request once, however many guards and parameters ask, also at the same time.
 *
 * The outcome is kept on Node's own request object, which is never used twice, under a symbol of this instance, where
 * nothing that copies or prints a request finds it. A WeakMap of all requests would cost more than the rest of a
 * remembered login.
 */
import type { IncomingMessage } from 'node:http';
import { keep } from '../core/execution';
import type { SecurityRequest } from '../core/request';
import { CrossSiteError, HttpsRequiredError, type SecurityError } from '../errors';
import { parseAuthorization } from '../util/authorization-header';
import { type ChainOptions, type ChainOutcome, type Recognised, runChain, type Unrecognised } from './chain';
import { isCrossSite } from './cross-site';

/** A recognised request that is refused all the same, before anything was decided about the action. */
export interface Barred {
  readonly kind: 'barred';
  readonly recognised: Recognised;
  error(): SecurityError;
}

export type AuthenticationOutcome = Recognised | Unrecognised | Barred;

export interface AuthenticatorOptions extends ChainOptions {
  readonly requireHttps: boolean;
  readonly trustedOrigins: ReadonlySet<string>;
  /** True for an address of this machine itself, whose plain HTTP nobody can read. */
  readonly isLoopback: (ip: string) => boolean;
  /** Hears of each outcome once, as it comes about. */
  readonly onOutcome: (request: SecurityRequest, outcome: AuthenticationOutcome) => void;
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto'];

/** The decision about one request, which `outcome` has once it has been made. */
interface Decision {
  readonly promise: Promise<AuthenticationOutcome>;
  outcome: AuthenticationOutcome | undefined;
}

export class Authenticator {
  private readonly key = Symbol('securest.outcome');

  constructor(private readonly options: AuthenticatorOptions) {}

  /** The outcome for a request; what was decided first stands. */
  authenticate(raw: IncomingMessage, request: SecurityRequest): Promise<AuthenticationOutcome> {
    const known = this.decisionOn(raw);
    if (known !== undefined) return known.promise;
    const decision: Decision = { promise: this.decide(request), outcome: undefined };
    keep(raw, this.key, decision);
    decision.promise.then(
      (outcome) => {
        decision.outcome = outcome;
      },
      // Whoever asked hears of it.
      () => undefined,
    );
    return decision.promise;
  }

  /** The outcome where it is there already. */
  decided(raw: IncomingMessage): AuthenticationOutcome | undefined {
    return this.decisionOn(raw)?.outcome;
  }

  private decisionOn(raw: IncomingMessage): Decision | undefined {
    return (raw as IncomingMessage & Record<symbol, Decision | undefined>)[this.key];
  }

  private async decide(request: SecurityRequest): Promise<AuthenticationOutcome> {
    const outcome = this.isPasswordInClear(request)
      ? {
          kind: 'refused' as const,
          verdicts: [],
          headersRead: new Set<string>(),
          error: () => new HttpsRequiredError(),
        }
      : this.bar(request, await runChain(request, this.options));
    this.options.onOutcome(request, outcome);
    return outcome;
  }

  private bar(request: SecurityRequest, outcome: ChainOutcome): AuthenticationOutcome {
    if (outcome.kind !== 'recognised') return outcome;
    if (!isCrossSite(request, outcome.credentials, this.options.trustedOrigins)) return outcome;
    return { kind: 'barred', recognised: outcome, error: () => new CrossSiteError() };
  }

  /** True when a password comes over a connection that others can read. */
  private isPasswordInClear(request: SecurityRequest): boolean {
    if (!this.options.requireHttps || request.secure) return false;
    try {
      // A proxy on this machine says by its headers that the client is elsewhere.
      const isForwarded = FORWARDED.some((name) => request.header(name) !== undefined);
      if (this.options.isLoopback(request.ip) && !isForwarded) return false;
      return parseAuthorization(request.header('authorization'))?.scheme === 'basic';
    } catch {
      // Several Authorization lines: one of them may be Basic, and the chain refuses them anyway.
      return false;
    }
  }
}
