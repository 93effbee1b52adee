/**
 * Decides whether an authenticated user may run an action: the action's own guard first, then every
 * authorization provider of the app. What cannot be decided is refused.
 */
import { describeRule } from '../access/rules';
import { type Audit, factsOf, secretsOf } from '../audit/audit';
import type { Authenticated } from '../authentication/chain';
import { DeadlinePassedError, withinDeadline } from '../http/deadline';
import { RequestWithSignal } from '../http/request-with-signal';
import type { UserstoreChain } from '../authentication/userstore-chain';
import type { Access, OwnerRule } from '../core/access';
import type { AuthorizationProviderInterface, Decision, UserRoles } from '../core/authorization-provider';
import type { SecurityRequest } from '../core/request';
import { routeParameter } from '../http/route-parameter';
import type { MaybePromise } from '../core/userstore';
import {
  AccessDeniedError,
  type SecurityError,
  SecurityFaultError,
  ServiceUnavailableError,
} from '../errors';
import type { ResolvedOptions } from '../options';
import type { Component, Components } from '../components/components';
import { resolve } from '../components/resolve';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';
import { printable } from '../util/printable';
import { firstUnmetLevel } from './evaluate';
import type { Resources } from './resources';
import { loadRoles, rolesOf } from './roles';

/** Why an authenticated user is refused. */
export interface Denial {
  readonly error: SecurityError;
  readonly reason: string;
}

export interface AuthorizerParts {
  readonly options: ResolvedOptions;
  readonly audit: Audit;
  readonly userstore: UserstoreChain;
  readonly resources: Resources;
  readonly components: () => Components;
}

export class Authorizer {
  private readonly roles = new WeakMap<Authenticated, MaybePromise<UserRoles>>();

  constructor(private readonly parts: AuthorizerParts) {}

  /**
   * Why the user of a login may not run an action; undefined only when everything that is asked grants. At once, and
   * without a timer, where nobody has to be waited for.
   */
  denial(access: Access, login: Authenticated, request: SecurityRequest): MaybePromise<Denial | undefined> {
    const isLoginEnough = access.levels.every(({ rule }) => rule.kind === 'authenticated');
    if (isLoginEnough && this.parts.components().authorizationProviders.length === 0) return undefined;
    const own = new RequestWithSignal(request);
    const asked = { name: access.action };
    const decided = (reason: string | undefined): Denial | undefined =>
      reason === undefined ? undefined : { error: new AccessDeniedError(), reason };
    const failed = (cause: unknown): Denial => {
      return { error: this.fault(cause, asked.name, request), reason: `${asked.name} refused` };
    };
    try {
      const reason = withinDeadline(
        this.refusedBecause(access, login, own, asked),
        this.parts.options.deadlineMs,
        (late) => {
          own.abort(late);
        },
      );
      return reason instanceof Promise ? reason.then(decided, failed) : decided(reason);
    } catch (cause) {
      return failed(cause);
    }
  }

  /** What does not grant, in words. `asked` always names what is being asked. */
  private refusedBecause(
    access: Access,
    login: Authenticated,
    request: SecurityRequest,
    asked: { name: string },
  ): MaybePromise<string | undefined> {
    const { options } = this.parts;
    const unmet = firstUnmetLevel(access, {
      user: login.authentication.user,
      request,
      roles: () => chained(this.rolesOf(login, request), ({ effective }) => effective),
      isGranted: (permission, roles) => options.grants.isGranted(permission, roles),
      policy: (cls) => resolve(options.container, cls),
      resource: (rule) => this.resourceOf(rule, access, request),
    });
    return chained(unmet, (level) => {
      if (level !== undefined) return `${describeRule(level.rule)} (${level.source})`;
      const hasProviders = this.parts.components().authorizationProviders.length > 0;
      return hasProviders ? this.refusedByProvider(access, login, request, asked) : undefined;
    });
  }

  private async refusedByProvider(
    access: Access,
    login: Authenticated,
    request: SecurityRequest,
    asked: { name: string },
  ): Promise<string | undefined> {
    const { user } = login.authentication;
    for (const provider of this.parts.components().authorizationProviders) {
      asked.name = provider.name;
      const decision: unknown = await provider
        .get()
        .authorize(request, user, access, () => this.rolesForProvider(login, request));
      if (!isGrant(decision)) return reasonOf(provider, decision);
    }
    return undefined;
  }

  /** As a promise, which a provider may ask for first and wait for later, or never. */
  private rolesForProvider(login: Authenticated, request: SecurityRequest): Promise<UserRoles> {
    const roles = Promise.resolve(attempted(() => this.rolesOf(login, request)));
    ignoreRejection(roles);
    return roles;
  }

  private rolesOf(login: Authenticated, request: SecurityRequest): MaybePromise<UserRoles> {
    const known = this.roles.get(login);
    if (known !== undefined) return known;
    const roles = this.loadRoles(login, request);
    // A rule may ask for them first and wait for them later.
    ignoreRejection(roles);
    this.roles.set(login, roles);
    return roles;
  }

  private loadRoles(login: Authenticated, request: SecurityRequest): MaybePromise<UserRoles> {
    const { components, options, userstore } = this.parts;
    const { roleLoaders } = components();
    const own = rolesOf(login.record, (name) => userstore.findGroup(name, login.origin));
    if (roleLoaders.length === 0) return chained(own, (roles) => options.grants.rolesOf(roles));
    return Promise.all([
      own,
      ...roleLoaders.map((loader) => loadRoles(loader, login.authentication.user, request)),
    ]).then((lists) => options.grants.rolesOf(lists.flatMap((list) => [...list])));
  }

  private resourceOf(
    rule: OwnerRule,
    access: Access,
    request: SecurityRequest,
  ): ReturnType<Resources['load']> {
    if (routeParameter(request.action, rule.parameter) === undefined) {
      throw new TypeError(`The route has no parameter ${rule.parameter} for ${describeRule(rule)}`);
    }
    return this.parts.resources.load(request.action, access, rule.store, rule.parameter);
  }

  /** What was thrown on the way to a decision, as the error that the client gets. */
  private fault(cause: unknown, component: string, request: SecurityRequest): SecurityError {
    if (isInstance(cause, AccessDeniedError)) return new AccessDeniedError({ cause });
    const { audit } = this.parts;
    const isDown = isInstance(cause, ServiceUnavailableError);
    const isLate = isInstance(cause, DeadlinePassedError);
    const reason = isLate ? 'deadline_passed' : isDown ? 'unavailable' : 'bug';
    audit.emit(() => ({ type: 'unavailable', component, reason, ...factsOf(request) }));
    audit.error(`${component} could not be decided`, cause, secretsOf(request));
    return isDown
      ? new ServiceUnavailableError({ cause, retryAfterSeconds: cause.retryAfterSeconds })
      : new SecurityFaultError({ cause });
  }
}

function isGrant(decision: unknown): boolean {
  return decision === true || (isObject(decision) && decision.granted === true);
}

function reasonOf(provider: Component<AuthorizationProviderInterface>, decision: unknown): string {
  const reason = isObject(decision) ? decision.reason : undefined;
  return typeof reason === 'string' ? `${provider.name}: ${printable(reason)}` : provider.name;
}

function isObject(value: unknown): value is Partial<Record<keyof Decision, unknown>> {
  return typeof value === 'object' && value !== null;
}
