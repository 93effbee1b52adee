/**
 * Authenticates each request once, however many guards and parameters ask, also at the same time.
 *
 * The outcome is kept on Node's own request object, which is never used twice, under a symbol of this instance, where
 * nothing that copies or prints a request finds it. A WeakMap of all requests would cost more than the rest of a
 * remembered login.
 */
import type { IncomingMessage } from 'node:http';
import { keep } from '../http/raw';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { CrossSiteError, HttpsRequiredError, type SecurityError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { attempted, chained } from '../util/maybe-promise';
import {
  type ChainOptions,
  type ChainOutcome,
  type Authenticated,
  runChain,
  type Unauthenticated,
} from './chain';
import { isCrossSite } from './cross-site';

/** An authenticated request that is refused all the same, before anything was decided about the action. */
export interface Barred {
  readonly kind: 'barred';
  readonly authenticated: Authenticated;
  error(): SecurityError;
}

export type AuthenticationOutcome = Authenticated | Unauthenticated | Barred;

export interface AuthenticatorOptions extends ChainOptions {
  readonly requireHttps: boolean;
  readonly trustedOrigins: ReadonlySet<string>;
  /** True for an address of this machine itself, whose plain HTTP nobody can read. */
  readonly isLoopback: (ip: string) => boolean;
  /** Hears of each outcome once, as it comes about. */
  readonly onOutcome: (request: SecurityRequest, outcome: AuthenticationOutcome) => void;
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto'];

/** The decision about one request. A promise of it is made only for who asks before it has been made. */
class Decision {
  outcome: AuthenticationOutcome | undefined;
  private promise: Promise<AuthenticationOutcome> | undefined;
  private settle: ((outcome: MaybePromise<AuthenticationOutcome>) => void) | undefined;

  settled(): Promise<AuthenticationOutcome> {
    this.promise ??= new Promise((resolve) => {
      this.settle = resolve;
    });
    return this.promise;
  }

  take(outcome: MaybePromise<AuthenticationOutcome>): MaybePromise<AuthenticationOutcome> {
    this.settle?.(outcome);
    if (!(outcome instanceof Promise)) {
      this.outcome = outcome;
      return outcome;
    }
    this.promise ??= outcome;
    outcome.then(
      (decided) => {
        this.outcome = decided;
      },
      // Whoever asked hears of it.
      () => undefined,
    );
    return outcome;
  }
}

export class Authenticator {
  private readonly key = Symbol('securest.outcome');

  constructor(private readonly options: AuthenticatorOptions) {}

  /** The outcome for a request, at once where nobody has to be waited for; what was decided first stands. */
  authenticate(raw: IncomingMessage, request: SecurityRequest): MaybePromise<AuthenticationOutcome> {
    const known = this.decisionOn(raw);
    if (known !== undefined) return known.outcome ?? known.settled();
    const decision = new Decision();
    // Before anything runs that could ask for it.
    keep(raw, this.key, decision);
    return decision.take(attempted(() => this.decide(request)));
  }

  /** The outcome where it is there already. */
  decided(raw: IncomingMessage): AuthenticationOutcome | undefined {
    return this.decisionOn(raw)?.outcome;
  }

  private decisionOn(raw: IncomingMessage): Decision | undefined {
    return (raw as IncomingMessage & Record<symbol, Decision | undefined>)[this.key];
  }

  private decide(request: SecurityRequest): MaybePromise<AuthenticationOutcome> {
    if (!this.isPasswordInClear(request)) {
      return chained(runChain(request, this.options), (outcome) =>
        this.told(request, this.bar(request, outcome)),
      );
    }
    return this.told(request, {
      kind: 'refused',
      verdicts: [],
      headersRead: new Set<string>(),
      error: () => new HttpsRequiredError(),
    });
  }

  private told(request: SecurityRequest, outcome: AuthenticationOutcome): AuthenticationOutcome {
    this.options.onOutcome(request, outcome);
    return outcome;
  }

  private bar(request: SecurityRequest, outcome: ChainOutcome): AuthenticationOutcome {
    if (outcome.kind !== 'authenticated') return outcome;
    if (!isCrossSite(request, outcome.credentials, this.options.trustedOrigins)) return outcome;
    return { kind: 'barred', authenticated: outcome, error: () => new CrossSiteError() };
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
