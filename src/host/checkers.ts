/**
 * What runs per request: the two checkers that routing-controllers calls.
 *
 * Every way out of `authorize` but its last line throws, so that only a request whose every level holds,
 * or that the app's `skip` hook literally skips, reaches the action.
 */
import type { IncomingMessage } from 'node:http';
import type { Action } from 'routing-controllers';
import { requiresUser } from '../access/compile';
import { type Audit, factsOf } from '../audit/audit';
import { attribute } from '../authentication/attribute';
import type { AuthenticationOutcome, Authenticator } from '../authentication/authenticator';
import type { Authenticated } from '../authentication/chain';
import { RequestWithSignal } from '../http/request-with-signal';
import type { UserstoreChain } from '../authentication/userstore-chain';
import type { Authorizer } from '../authorization/authorizer';
import type { Access } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { rawRequest, rawResponse } from '../http/raw';
import { dependOn, setHeaders } from '../http/reply';
import { HttpSecurityRequest } from '../http/security-request';
import { AccessDeniedError } from '../errors';
import type { ResolvedOptions } from '../options';
import type { Refusals } from '../authentication/refusals';
import { ignoreRejection } from '../util/ignore-rejection';

export interface CheckerParts {
  readonly options: ResolvedOptions;
  readonly audit: Audit;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly userstore: UserstoreChain;
  readonly refusals: Refusals;
  /** The headers that credentials come in, for Vary. */
  readonly credentialHeaders: () => string[];
}

export class Checkers {
  private readonly skipped = new WeakMap<IncomingMessage, boolean>();

  constructor(private readonly parts: CheckerParts) {}

  /** Lets a request through to a guarded action, or throws what the client is told. */
  async authorize(action: Action, access: Access): Promise<true> {
    const request = this.requestOf(action, access);
    if (this.isSkipped(action, request)) {
      this.tellAllowed(undefined, request);
      return true;
    }
    const outcome = await this.outcomeOf(action, request);
    if (outcome.kind !== 'authenticated') throw await this.parts.refusals.refuse(request, outcome);
    const denial = await this.parts.authorizer.denial(access, outcome, request);
    if (denial !== undefined) {
      if (denial.error instanceof AccessDeniedError) {
        const { error, reason } = denial;
        this.parts.audit.emit(() => {
          return { type: 'denied', code: error.code, user: outcome.label(), reason, ...factsOf(request) };
        });
      }
      throw await this.parts.refusals.deny(request, denial.error);
    }
    this.tellAllowed(outcome, request);
    return true;
  }

  /** The request's login; undefined only where no credentials came and no parameter requires a user. */
  async currentAuthentication(action: Action, access: Access): Promise<Authentication | undefined> {
    return (await this.currentLogin(action, access))?.authentication;
  }

  /** The same for an action that asks for more than the user: only there it may matter whose user it is. */
  async attributedAuthentication(action: Action, access: Access): Promise<Authentication | undefined> {
    const login = await this.currentLogin(action, access);
    const { options, userstore } = this.parts;
    return login && attribute(login, userstore, options.deadlineMs);
  }

  private async currentLogin(action: Action, access: Access): Promise<Authenticated | undefined> {
    const request = this.requestOf(action, access);
    const outcome = await this.outcomeOf(action, request);
    if (outcome.kind === 'authenticated') return outcome;
    if (outcome.kind === 'anonymous' && !requiresUser(access)) return undefined;
    throw await this.parts.refusals.refuse(request, outcome);
  }

  /** The request's login where it is known already. */
  knownAuthentication(action: Action): Authentication | undefined {
    const outcome = this.parts.authenticator.decided(rawRequest(action));
    return outcome?.kind === 'authenticated' ? outcome.authentication : undefined;
  }

  /** @param login undefined for a request that the app's hook skips */
  private tellAllowed(login: Authenticated | undefined, request: SecurityRequest): void {
    this.parts.audit.emit(() => {
      return { type: 'allowed', user: login?.label(), skipped: login === undefined, ...factsOf(request) };
    });
  }

  private requestOf(action: Action, access: Access): SecurityRequest {
    return new HttpSecurityRequest(action, access.route, this.parts.options.findClient);
  }

  private async outcomeOf(action: Action, request: SecurityRequest): Promise<AuthenticationOutcome> {
    const outcome = await this.parts.authenticator.authenticate(rawRequest(action), request);
    const { headersRead } = outcome.kind === 'barred' ? outcome.authenticated : outcome;
    const headers = this.parts.credentialHeaders();
    for (const name of headersRead) if (!headers.includes(name)) headers.push(name);
    dependOn(rawResponse(action), headers, outcome.kind !== 'anonymous');
    if (outcome.kind === 'authenticated') {
      setHeaders(rawResponse(action), outcome.authentication.replyHeaders);
    }
    return outcome;
  }

  private isSkipped(action: Action, request: SecurityRequest): boolean {
    const { skip } = this.parts.options;
    if (skip === undefined) return false;
    const key = rawRequest(action);
    const known = this.skipped.get(key);
    if (known !== undefined) return known;
    let result: unknown;
    try {
      result = skip(new RequestWithSignal(request));
      ignoreRejection(result, (error) => {
        this.parts.audit.error('The skip hook must answer at once, and it rejected', error);
      });
    } catch (error) {
      this.parts.audit.error('The skip hook failed, so the request is not skipped', error);
    }
    this.skipped.set(key, result === true);
    return result === true;
  }
}
