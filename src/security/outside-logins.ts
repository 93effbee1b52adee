/**
 * Logins outside of actions, such as those of sockets: requests are authenticated first. Later calls decide about the
 * permissions of their logins and whether they still count.
 */
import type { IncomingMessage } from 'node:http';
import type { ClassDeclarations } from '../access/guards';
import type { Audit } from '../audit/audit';
import type { AuthenticationOutcome, Authenticator } from '../authentication/authenticator';
import type { Authenticated, Login } from '../authentication/chain';
import type { LiveLogins } from '../authentication/live-logins';
import type { LoginContext } from '../authentication/login-context';
import type { KnownLogin, Recheck } from '../authentication/recheck';
import type { Refusals } from '../authentication/refusals';
import type { RequestState, RequestStates } from '../authentication/request-state';
import type { AppComponents } from '../components/app-components';
import type { Access } from '../core/access';
import { Authentication } from '../core/authentication';
import { userIdOf } from '../core/user';
import { BadCredentialsError, SecurityError, SecurityFaultError } from '../errors';
import { replyError } from '../http/reply';
import type { HttpSecurityRequest } from '../http/security-request';
import type { ResolvedOptions } from '../options';
import { accessOfRule, type GuardRule } from '../rules/guard-rule';
import { isInstance } from '../util/instance';
import { chained } from '../util/maybe-promise';
import { flag, optional, unchecked } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { Checkers } from './checkers';
import { type Settle, settleBy } from './settled';

/** The options for authenticating a request outside of actions. */
export interface AuthenticateOptions {
  /**
   * Used instead of the header `Authorization`, for a client that cannot set it, such as a browser that opens a socket.
   * A request that also has the header is refused with 400.
   */
  authorization?: string;
  /**
   * True if the request opens a channel that later changes data: the cross-site check then treats it as unsafe.
   * @default false
   */
  handshake?: boolean;
}

const OPTIONS = {
  // It comes from a client: a value that is not a string is refused as a bad request, not as a bad option.
  authorization: unchecked<unknown>(),
  handshake: optional(flag, false),
} satisfies Record<keyof AuthenticateOptions, Kind<unknown>>;

export interface OutsideParts {
  readonly options: ResolvedOptions;
  readonly audit: Audit;
  readonly components: AppComponents;
  readonly states: RequestStates;
  readonly authenticator: Authenticator;
  readonly checkers: Checkers;
  readonly refusals: Refusals;
  readonly context: LoginContext;
  readonly liveLogins: LiveLogins;
  readonly declarations: (() => ClassDeclarations) | undefined;
}

export class OutsideLogins {
  /** The known logins with their records and requests, as long as the app keeps them. */
  private readonly logins = new WeakMap<Authentication, KnownLogin>();
  private readonly settled: Settle;

  constructor(readonly parts: OutsideParts) {
    this.settled = settleBy(parts.audit);
  }

  /** The login of an authenticated request, remembered from now on. */
  known({ request }: RequestState, outcome: Authenticated): Authentication {
    return this.keep(request, outcome).authentication;
  }

  /** The login of a request; undefined for a request without credentials. Rejects for every other outcome. */
  async authenticate(
    request: IncomingMessage,
    options?: AuthenticateOptions,
  ): Promise<Authentication | undefined> {
    return this.decided(request, options, (outcome) => outcome.kind === 'anonymous');
  }

  /** The same for a request that must have a login. */
  async login(request: IncomingMessage, options?: AuthenticateOptions): Promise<Authentication> {
    const login = await this.decided(request, options, () => false);
    if (login === undefined) throw new SecurityFaultError();
    return login;
  }

  /**
   * @param name for events and logs
   * @param isRecheck true if it was granted before, so that another grant is not reported
   * @throws ConfigurationError for an invalid rule, and for names that the app does not have
   */
  async authorize(
    request: IncomingMessage,
    login: Authentication,
    rule: GuardRule | undefined,
    name: string,
    isRecheck = false,
  ): Promise<void> {
    const access = accessOfRule(rule, `event ${name}`, request.method ?? '', this.parts.options.grants);
    await this.authorizeAccess(request, login, access, isRecheck);
  }

  /** The same for a caller with compiled access. Only a literal true grants. */
  async authorizeAccess(
    request: IncomingMessage,
    login: Authentication,
    access: Access,
    isRecheck = false,
  ): Promise<true> {
    const { checkers, options } = this.parts;
    return this.settled(() => {
      const known = this.find(login, 'authorize()');
      const acceptedUntil = Authentication.acceptedUntil(login);
      // Written so that an invalid date counts as expired.
      if (acceptedUntil !== undefined && !(options.clock() < acceptedUntil.getTime())) {
        throw new BadCredentialsError({ cause: new Error('The credential of the login has ended') });
      }
      return checkers.authorizeLogin(this.requestOf(known, request), known.login, access, isRecheck);
    });
  }

  /** True if a request has been authenticated before, by its own credentials. */
  hasLogin(request: IncomingMessage): boolean {
    return this.parts.states.find({ request, response: undefined })?.outcome?.kind === 'authenticated';
  }

  /**
   * Tells whether a login still counts, and with which user. Rejects only for an unknown login, and for another request:
   * its credentials would be taken without the proofs that were made for the login.
   */
  async recheck(request: IncomingMessage, login: Authentication): Promise<Recheck> {
    return this.settled(() => {
      const known = this.find(login, 'recheck()');
      if (known.request.raw !== request) throw new TypeError('recheck() takes the request of the login');
      return chained(this.parts.authenticator.recheck(known), (result) => {
        if (result.kind === 'holds' && result.login !== known.login) this.keep(known.request, result.login);
        return result;
      });
    });
  }

  /** The error response for a refused request, with its headers. */
  refusal(request: IncomingMessage, thrown: unknown): SecurityError {
    const isOfFamily = isInstance<SecurityError>(thrown, SecurityError);
    const error = replyError(isOfFamily ? thrown : new SecurityFaultError({ cause: thrown }));
    this.parts.refusals.complete(error, this.parts.states.of({ request, response: undefined }));
    return error;
  }

  private async decided(
    request: IncomingMessage,
    options: AuthenticateOptions | undefined,
    isNobodyFine: (outcome: AuthenticationOutcome) => boolean,
  ): Promise<Authentication | undefined> {
    const { authorization, handshake } = parseOptions('authenticate()', options, OPTIONS);
    const { authenticator, components, refusals, states } = this.parts;
    return this.settled<Authentication | undefined>(() => {
      components.startOnce();
      const action = { request, response: undefined };
      const state =
        authorization === undefined ? states.of(action) : states.withAuthorization(action, authorization);
      const outcome = handshake ? authenticator.handshake(state) : authenticator.authenticate(state);
      return chained(outcome, (decided) => {
        if (decided.kind === 'authenticated') return this.known(state, decided);
        if (isNobodyFine(decided)) return undefined;
        return refusals.refuse(state, decided).then((error) => {
          throw error;
        });
      });
    });
  }

  private keep(request: HttpSecurityRequest, login: Login): Login {
    if (!this.logins.has(login.authentication)) {
      this.logins.set(login.authentication, { login, request, id: userIdOf(login.record) });
    }
    return login;
  }

  private find(login: Authentication, call: string): KnownLogin {
    const known = this.logins.get(login);
    if (known === undefined)
      throw new TypeError(`${call} takes a login that authenticate() of this instance gave`);
    return known;
  }

  /** A login of this very request keeps the value that was given instead of a header. */
  private requestOf({ request }: KnownLogin, raw: IncomingMessage): HttpSecurityRequest {
    return request.raw === raw
      ? request
      : this.parts.states.of({ request: raw, response: undefined }).request;
  }
}
