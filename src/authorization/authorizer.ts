/**
 * Decides whether an authenticated user may run an action: the action's own guard first, then every authorization
 * provider of the app. If no decision is possible, the user is refused.
 */
import { describeLevel, describeRule } from '../rules/rules';
import { type Audit, secretsOf } from '../audit/audit';
import type { Login } from '../authentication/chain';
import { DeadlinePassedError, withinDeadline } from '../http/deadline';
import { RequestWithSignal } from '../http/request-with-signal';
import type { RequestState } from '../authentication/request-state';
import type { UserstoreChain } from '../authentication/userstore-chain';
import { replyOf } from '../authentication/verdicts';
import type { Access, OwnerRule } from '../core/access';
import type { AuthorizationProviderInterface, Decision, UserRoles } from '../core/authorization-provider';
import type { SecurityRequest } from '../core/request';
import { routeParameter } from '../http/route-parameter';
import type { MaybePromise } from '../core/userstore';
import {
  AccessDeniedError,
  InsufficientScopeError,
  type SecurityError,
  SecurityFaultError,
  ServiceUnavailableError,
  StepUpRequiredError,
} from '../errors';
import type { AppComponents } from '../components/app-components';
import type { Component } from '../components/components';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';
import { masked } from '../util/masked';
import { printable } from '../util/printable';
import type { Clock } from '../util/clock';
import { firstUnmetLevel } from '../rules/evaluate';
import { type Assumed, holds, type RuleContext, UNDECIDED } from '../rules/rule-kind';
import { asksOfLogin, denialOf, NOTHING_ASSUMED } from './what-lacks';
import type { Grants } from './grants';
import type { Resources } from './resources';
import { OverlookedRoles } from './overlooked-roles';
import { decidesByPath } from './paths/path-permissions';
import { loadRoles, rolesOf } from './roles';

/** The reason why an authenticated user is refused. */
export interface Denial {
  readonly error: SecurityError;
  readonly reason: string;
}

export interface AuthorizerParts {
  readonly audit: Audit;
  readonly userstore: UserstoreChain;
  readonly resources: Resources;
  readonly components: AppComponents;
  readonly grants: Grants;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** The question to decide: may the user of this login run this action in this request? */
interface Question {
  readonly access: Access;
  readonly login: Login;
  readonly state: RequestState;
  /** The request as policies and providers see it. */
  readonly request: RequestWithSignal;
  /** True before the body is read, when only rules that do not need the body are evaluated. */
  readonly isEarly: boolean;
}

export class Authorizer {
  private readonly overlooked = new OverlookedRoles();

  constructor(private readonly parts: AuthorizerParts) {}

  /**
   * The reason why the user of a login may not run an action; undefined only if every guard and provider grants.
   * Synchronous and without a timer if nothing has to be awaited.
   */
  denial(
    access: Access,
    login: Login,
    state: RequestState,
    request: SecurityRequest,
  ): MaybePromise<Denial | undefined> {
    return this.answer(access, login, state, request, false);
  }

  /**
   * The same denial before the body is read, as far as it needs no code of the app that may read the body: it is
   * decided by roles, permissions, scopes, the age of the login, and path permissions. Undefined does not mean granted.
   */
  earlyDenial(
    access: Access,
    login: Login,
    state: RequestState,
    request: SecurityRequest,
  ): MaybePromise<Denial | undefined> {
    return this.answer(access, login, state, request, true);
  }

  private answer(
    access: Access,
    login: Login,
    state: RequestState,
    request: SecurityRequest,
    isEarly: boolean,
  ): MaybePromise<Denial | undefined> {
    const isLoginEnough = access.levels.every(({ rule }) => rule.kind === 'authenticated');
    const { components, deadlineMs } = this.parts;
    if (isLoginEnough && components.authorizationProviders.length === 0) return undefined;
    const question: Question = { access, login, state, request: new RequestWithSignal(request), isEarly };
    const asked = { name: access.action };
    const failed = (cause: unknown): Denial | undefined => {
      if (isEarly && cause === UNDECIDED) return undefined;
      return { error: this.fault(cause, asked.name, request), reason: `${asked.name} refused` };
    };
    try {
      const denial = withinDeadline(this.denialFor(question, asked), deadlineMs, (late) => {
        question.request.abort(late);
      });
      return denial instanceof Promise ? denial.then(undefined, failed) : denial;
    } catch (cause) {
      return failed(cause);
    }
  }

  private denialFor(question: Question, asked: { name: string }): MaybePromise<Denial | undefined> {
    const { access } = question;
    return chained(this.refusedBecause(question, asked, NOTHING_ASSUMED), (reason) => {
      if (reason === undefined) return undefined;
      if (!asksOfLogin(access)) return { error: new AccessDeniedError(), reason };
      return this.whatLacks(question, asked).then((error) => ({ error, reason: withScopes(reason, error) }));
    });
  }

  private whatLacks(question: Question, asked: { name: string }): Promise<SecurityError> {
    const { access, login } = question;
    return denialOf({
      access,
      login: login.authentication,
      refusedBecause: (assumed) => this.refusedBecause(question, asked, assumed),
      holds: (rule, assumed) => holds(rule, this.contextOf(question, assumed)),
    });
  }

  /** The rule or provider that does not grant, in words. `asked` always names the component that is being asked. */
  private refusedBecause(
    question: Question,
    asked: { name: string },
    assumed: Assumed,
  ): MaybePromise<string | undefined> {
    const { components } = this.parts;
    asked.name = question.access.action;
    return chained(firstUnmetLevel(question.access, this.contextOf(question, assumed)), (level) => {
      if (level !== undefined) return describeLevel(level);
      return components.authorizationProviders.length > 0
        ? this.refusedByProvider(question, asked)
        : undefined;
    });
  }

  private contextOf(question: Question, assumed: Assumed): RuleContext {
    const { login, request, isEarly } = question;
    const { components, grants, clock } = this.parts;
    return {
      user: login.authentication.user,
      login: login.authentication,
      request,
      assumed,
      isEarly,
      now: clock,
      roles: () => chained(this.rolesOf(question), ({ effective }) => effective),
      isGranted: (permission, roles) => grants.isGranted(permission, roles),
      policy: (cls) => components.resolve(cls),
      resource: (rule) => this.resourceOf(rule, question),
    };
  }

  private async refusedByProvider(question: Question, asked: { name: string }): Promise<string | undefined> {
    const { access, login, request } = question;
    for (const provider of this.parts.components.authorizationProviders) {
      asked.name = provider.name;
      const instance = provider.get();
      if (question.isEarly && !decidesByPath(instance)) throw UNDECIDED;
      const decision: unknown = await instance.authorize(request, login.authentication.user, access, () =>
        this.rolesForProvider(question),
      );
      if (!isGrant(decision)) return this.reasonOf(provider, decision, request);
    }
    return undefined;
  }

  /** A promise, since a provider may request the roles first and await them later, or never. */
  private rolesForProvider(question: Question): Promise<UserRoles> {
    const roles = Promise.resolve(attempted(() => this.rolesOf(question)));
    ignoreRejection(roles);
    return roles;
  }

  private rolesOf(question: Question): MaybePromise<UserRoles> {
    const { state } = question;
    if (state.roles !== undefined) return state.roles;
    const roles = this.loadRoles(question);
    // A rule may request the roles first and await them later.
    ignoreRejection(roles);
    state.roles = roles;
    return roles;
  }

  private loadRoles({ login, request }: Question): MaybePromise<UserRoles> {
    const { components, grants, userstore } = this.parts;
    const { roleLoaders } = components;
    const added = login.authentication.roles;
    const from = login.origin?.name ?? 'The userstore';
    const own = rolesOf(login.record, (name) => userstore.findGroup(name, login.origin), from);
    if (roleLoaders.length === 0) {
      this.overlooked.report(login.record, login.origin, (problem) => {
        this.parts.audit.problem(problem);
      });
      return chained(own, (roles) => grants.rolesOf(added.length === 0 ? roles : [...roles, ...added]));
    }
    return Promise.all([
      own,
      ...roleLoaders.map((loader) => loadRoles(loader, login.authentication.user, request)),
    ]).then((lists) => grants.rolesOf([...added, ...lists.flatMap((list) => [...list])]));
  }

  private resourceOf(rule: OwnerRule, { access, request, state }: Question): ReturnType<Resources['load']> {
    if (routeParameter(request.action, rule.parameter) === undefined) {
      throw new TypeError(`The route has no parameter ${rule.parameter} for ${describeRule(rule)}`);
    }
    return this.parts.resources.load(state, request.action, access, rule.store, rule.parameter);
  }

  /** Turns an error during the decision into the error that the client gets. */
  private fault(cause: unknown, component: string, request: SecurityRequest): SecurityError {
    const refusal = refusalOf(cause);
    if (refusal !== undefined) return refusal;
    const { audit } = this.parts;
    const isDown = isInstance(cause, ServiceUnavailableError);
    const isLate = isInstance(cause, DeadlinePassedError);
    const reason = isLate ? 'deadline_passed' : isDown ? 'unavailable' : 'bug';
    const message = `${component} could not be decided`;
    audit.unavailable(request, component, reason, { message, cause, secrets: this.secretsIn(request) });
    return isDown
      ? new ServiceUnavailableError({ cause, retryAfterSeconds: cause.retryAfterSeconds })
      : new SecurityFaultError({ cause });
  }

  private reasonOf(
    provider: Component<AuthorizationProviderInterface>,
    decision: unknown,
    request: SecurityRequest,
  ): string {
    const reason = isObject(decision) ? decision.reason : undefined;
    if (typeof reason !== 'string') return provider.name;
    return `${provider.name}: ${printable(masked(reason, this.secretsIn(request)))}`;
  }

  /** Covers the headers of every provider: code of the app may quote them. */
  private secretsIn(request: SecurityRequest): string[] {
    return secretsOf(request, this.parts.components.credentialHeaders);
  }
}

/**
 * A policy may refuse by throwing, and state the remedy. The error is created anew, since the app can change the error
 * that it throws.
 */
function refusalOf(cause: unknown): SecurityError | undefined {
  if (isInstance<InsufficientScopeError>(cause, InsufficientScopeError)) {
    return new InsufficientScopeError(cause.scopes, { cause, ...replyOf(cause) });
  }
  if (isInstance<StepUpRequiredError>(cause, StepUpRequiredError)) {
    return new StepUpRequiredError(cause.need, { cause, ...replyOf(cause) });
  }
  return isInstance(cause, AccessDeniedError)
    ? new AccessDeniedError({ cause, ...replyOf(cause) })
    : undefined;
}

function withScopes(reason: string, error: SecurityError): string {
  if (!isInstance<InsufficientScopeError>(error, InsufficientScopeError)) return reason;
  return `${reason}: lacks ${error.scopes.join(' ')}`;
}

function isGrant(decision: unknown): boolean {
  return decision === true || (isObject(decision) && decision.granted === true);
}

function isObject(value: unknown): value is Partial<Record<keyof Decision, unknown>> {
  return typeof value === 'object' && value !== null;
}
