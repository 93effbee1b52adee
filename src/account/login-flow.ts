/**
 * One request to a login controller: the common part of the controllers for passwords, one-time codes, passkeys and
 * providers. `loginRoutes()` creates a LoginFlow for each request.
 */
import type { Action } from '../core/exchange';
import { withChallenges } from '../authentication/own-challenges';
import type { Constructor } from '../components/constructor';
import { noteApp } from '../core/apps';
import { Authentication } from '../core/authentication';
import type { FactorEvent } from '../core/events';
import { type Factor, withMfa } from '../core/factors';
import type { SecurityRequest } from '../core/request';
import type { Answers } from '../decorators/answers';
import type { SecurityError } from '../errors';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  BadCredentialsError,
  StepUpRequiredError,
} from '../errors';
import type { FactorOwner, SecondFactorInterface } from '../factors/second-factor';
import { isUser, userIdOf } from '../core/user';
import { type OwnReply, redirectTo } from '../http/own-reply';
import { rawResponse } from '../http/raw';
import { type Body, readBody, textIn } from '../http/read-body';
import { setHeaders } from '../http/reply';
import { returnPath } from '../http/return-path';
import { parameterIn, type RouteParams } from '../http/route-parameter';
import { isRecentLogin } from '../rules/recent-login';
import { codeOf, markChallenges, SESSION } from './login-failures';
import { isLoginOf, openHalf } from '../sessions/open-session';
import { isSamePerson } from '../sessions/same-person';
import { renewSession } from '../sessions/renew-session';
import { factorsIn, type SessionParts } from '../sessions/session-parts';
import type { IdpRecord } from '../sessions/session-record';
import { keeperOf, type SessionService } from '../sessions/session-service';
import type { StoredHalf } from '../sessions/session-store';
import { startHalf, startSession } from '../sessions/start-session';

/** How long a login counts as fresh for adding and removing factors. */
export const FRESH_SECONDS = 300;

export interface FlowOptions {
  readonly sessions: Constructor<SessionService>;
  /** The address for browsers after a login without `returnTo`. @default '/' */
  readonly home?: string | undefined;
  /** @default the app's `loginPage`, else '/login' */
  readonly loginPage?: string | undefined;
  /** The second factors that a login by password or at a provider also needs, for users who have them. @default [] */
  readonly secondFactors?: readonly Constructor<SecondFactorInterface>[] | undefined;
}

/** The user who proves a factor: in a login that still needs a factor, or in a session. */
export type Subject =
  | { readonly kind: 'half'; readonly owner: FactorOwner; readonly half: StoredHalf }
  | { readonly kind: 'session'; readonly owner: FactorOwner; readonly login: Authentication };

export class LoginFlow {
  readonly request: SecurityRequest;
  readonly #answers: Answers;
  readonly #action: Action;
  readonly #params: RouteParams;
  readonly #options: FlowOptions;
  readonly #parts: SessionParts;
  readonly #sessions: SessionService;
  #body: Promise<Body> | undefined;
  /** The factors that the half login of this request still needs. */
  #next: readonly string[] | undefined;

  constructor(answers: Answers, action: Action, params: RouteParams, options: FlowOptions) {
    this.#answers = answers;
    this.#action = action;
    this.#params = params;
    this.#options = options;
    this.request = answers.request(action);
    this.#sessions = answers.resolve(options.sessions);
    this.#parts = keeperOf(this.#sessions).parts;
    noteApp(this.request, answers.app());
    setHeaders(rawResponse(action), { 'Cache-Control': 'no-store' });
  }

  /**
   * Answers a request that changes something. The cross-site check comes first, before any part of the request is
   * processed. After a failure, a form is sent back to the login page, and a script gets an error.
   */
  run(work: () => Promise<OwnReply>): Promise<OwnReply> {
    return this.#answers.settle(async () => {
      this.#answers.refuseCrossSite(this.#action);
      try {
        return await work();
      } catch (error) {
        return await this.#failed(error);
      }
    });
  }

  /**
   * The same without the cross-site check, for a request that changes nothing or comes from another site by its nature.
   */
  read(work: () => Promise<OwnReply>): Promise<OwnReply> {
    return this.#answers.settle(async () => {
      try {
        return await work();
      } catch (error) {
        markChallenges(error);
        throw error;
      }
    });
  }

  /** @throws InvalidRequestError as {@link readBody} does */
  body(): Promise<Body> {
    this.#body ??= readBody(this.#action);
    return this.#body;
  }

  /** The same for a user who changes their own factors. @throws the error response if the session ends meanwhile */
  bodyOfUser(): Promise<Body> {
    return this.#answers.withSameLogin(this.#action, () => this.body());
  }

  /** The value of a parameter of the route; undefined if the route has no such parameter. */
  parameter(name: string): string | undefined {
    return parameterIn(this.#params, name);
  }

  /** The route of the request, with all prefixes of its host. @throws Error if it cannot be determined */
  get route(): string {
    return this.#answers.route(this.#action);
  }

  /** The app's instance, from the container. */
  resolve<T>(cls: Constructor<T>): T {
    return this.#answers.resolve(cls);
  }

  get sessions(): SessionService {
    return this.#sessions;
  }

  get parts(): SessionParts {
    return this.#parts;
  }

  /** All second factors that users of these sessions may have, from any controller. */
  get secondFactors(): readonly Constructor<SecondFactorInterface>[] {
    return [...keeperOf(this.#sessions).secondFactors];
  }

  get answers(): Answers {
    return this.#answers;
  }

  get action(): Action {
    return this.#action;
  }

  get loginPage(): string {
    return this.#options.loginPage ?? this.#answers.loginPage() ?? '/login';
  }

  emit(type: FactorEvent['type'], method: string, { username, userstore }: FactorOwner): void {
    this.#answers.app().emit({ type, user: username, method }, { userstore, request: this.request });
  }

  /**
   * The login by a session of this session service.
   * @throws AuthenticationRequiredError, AccessDeniedError (403) for any other login
   */
  async session(): Promise<Authentication> {
    const login = await this.#answers.authentication(this.#action);
    if (login === undefined) throw this.unauthenticated();
    if (!isLoginOf(this.#parts, this.request, login)) {
      const cause = new Error(`Authenticated by a ${login.provedBy}, and no session of these`);
      throw new AccessDeniedError({ cause });
    }
    return login;
  }

  /**
   * The session of a user who may change their own factors.
   * @throws StepUpRequiredError (403) when the login is more than five minutes old, or lacks the second factor that the
   * user has
   */
  async freshSession(): Promise<FreshSession> {
    const login = await this.session();
    const owner = await this.#ownerOf(login);
    const kinds = await this.#enrolled(owner, this.secondFactors);
    const need = {
      maxAgeSeconds: FRESH_SECONDS,
      ...(kinds.length > 0 && { methods: ['mfa'] }),
    };
    if (!isRecentLogin(need, login, this.#parts.now())) throw new StepUpRequiredError(need);
    return { login, owner };
  }

  /** The user of the session, as the owner of factors. @throws as {@link session} */
  async owner(): Promise<FactorOwner> {
    return this.#ownerOf(await this.session());
  }

  /**
   * The user who proves a factor now. A half login accepts only the kinds that it was started for; other kinds only
   * step sessions up.
   * @throws AuthenticationRequiredError without such a half login and without a session
   */
  async subject(kind: SecondFactorInterface['kind']): Promise<Subject> {
    const half = await openHalf(this.#parts, this.request);
    if (half?.record.next.includes(kind) === true) {
      const { user, userstore, userId, next } = half.record;
      this.#next = next;
      return { kind: 'half', half, owner: { username: user, userstore, userId } };
    }
    const login = await this.#answers.authentication(this.#action);
    if (login === undefined || !isLoginOf(this.#parts, this.request, login)) throw this.unauthenticated();
    return { kind: 'session', login, owner: await this.#ownerOf(login) };
  }

  /**
   * Continues after a first factor: starts a session, or a half login if the user has a second factor that the login
   * does not already include.
   */
  async begin(login: Authentication, body: Body, idp?: IdpRecord): Promise<OwnReply> {
    const returnTo = returnPath(textIn(body, 'returnTo'));
    const kinds = await this.#missingFactors(login);
    if (kinds.length === 0) {
      await startSession(this.#parts, login, this.request, idp);
      return this.done(login.user.username, body);
    }
    await startHalf(this.#parts, login, this.request, kinds, idp);
    if (!body.isForm) return { status: 200, json: { next: kinds } };
    return redirectTo(this.pageOf({ next: kinds.join(','), returnTo }));
  }

  /**
   * Completes a half login with a factor that the user has just proved, or adds the factor to the session.
   * @throws BadCredentialsError when the user is no longer the user of the half login, or another request completed it
   */
  async complete(subject: Subject, factor: Factor): Promise<OwnReply> {
    const body = await this.body();
    if (subject.kind === 'session') {
      const { graceMs } = this.#parts.settings;
      await renewSession(this.#parts, this.request, { factor, graceMs });
      this.emit('stepped_up', factor.method, subject.owner);
      return this.done(subject.login.user.username, body);
    }
    const { id, record } = subject.half;
    const factors = [...factorsIn(record.factors), factor];
    const login = await this.proveAs(subject.owner, factors, record.stamp);
    if (!(await this.#parts.store.delete('half', id))) throw this.unauthenticated();
    await startSession(this.#parts, login, this.request, record.idp, subject.half);
    return this.done(login.user.username, body);
  }

  /**
   * The login of a user with factors that the library itself has verified.
   * @param stamp the stamp that the user must still have
   * @throws BadCredentialsError when the user no longer exists
   */
  proveAs(owner: FactorOwner, factors: readonly Factor[], stamp?: number): Promise<Authentication> {
    const name = this.#sessions.constructor.name;
    return this.proveBy(name, () => Promise.resolve({ owner, factors, stamp }));
  }

  /**
   * The same for a factor that identifies its user itself: errors are handled and reported as those of a provider.
   * @param name for events and logs
   */
  proveBy(name: string, prove: () => Promise<ProvedFactors>): Promise<Authentication> {
    return this.#answers.prove(this.#action, name, async (_request, userstore) => {
      const { owner, factors, stamp } = await prove();
      // Checked on the record of the login itself: a record that is read again may date from after a change.
      const user = await userstore.getUser(owner.username);
      if (user === null || user === undefined) throw new BadCredentialsError();
      if (!isUser(user)) return user;
      if (!isSamePerson({ ...owner, stamp }, userstore, user)) throw new BadCredentialsError();
      return new Authentication(user, { factors });
    });
  }

  /** The response to a completed login. */
  done(username: string, body: Body): OwnReply {
    if (!body.isForm) return { status: 200, json: { username } };
    return redirectTo(returnPath(textIn(body, 'returnTo')) ?? this.#options.home ?? '/');
  }

  /** A 401 that does not make a browser ask for a password. */
  unauthenticated(): SecurityError {
    return withChallenges(new AuthenticationRequiredError(), SESSION);
  }

  refused(cause?: unknown): SecurityError {
    return withChallenges(new BadCredentialsError({ cause }), SESSION);
  }

  /** The address of the login page with the given query. */
  pageOf(query: Readonly<Record<string, string | undefined>>): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    );
    return pairs.length === 0 ? this.loginPage : `${this.loginPage}?${pairs.join('&')}`;
  }

  /** Sends a form back to its page with a code. Failures that the user did not cause stay errors. */
  async #failed(error: unknown): Promise<OwnReply> {
    markChallenges(error);
    const code = codeOf(error);
    const body = code === undefined ? undefined : await this.body().catch(() => undefined);
    if (code === undefined || body?.isForm !== true) throw error;
    // A half login that is still open continues where it was.
    const next = code === 'login_expired' ? undefined : this.#next?.join(',');
    return redirectTo(this.pageOf({ error: code, next, returnTo: returnPath(textIn(body, 'returnTo')) }));
  }

  async #missingFactors(login: Authentication): Promise<readonly SecondFactorInterface['kind'][]> {
    const { secondFactors = [] } = this.#options;
    if (secondFactors.length === 0 || withMfa(login.factors).some(({ method }) => method === 'mfa'))
      return [];
    return this.#enrolled(await this.#ownerOf(login), secondFactors);
  }

  async #enrolled(
    owner: FactorOwner,
    secondFactors: readonly Constructor<SecondFactorInterface>[],
  ): Promise<readonly SecondFactorInterface['kind'][]> {
    const kinds: SecondFactorInterface['kind'][] = [];
    for (const cls of secondFactors) {
      const factor = this.#answers.resolve(cls);
      const isEnrolled: unknown = await factor.isEnrolled(owner);
      if (typeof isEnrolled !== 'boolean') throw new TypeError('isEnrolled() must return true or false');
      if (isEnrolled) kinds.push(factor.kind);
    }
    return kinds;
  }

  async #ownerOf(login: Authentication): Promise<FactorOwner> {
    const { source, user } = login;
    const [only] = this.#answers.app().userstores;
    const known = await this.#answers.app().findUser(user.username, source?.name ?? only);
    // If the account has changed since, or the name belongs to another person, no factors are looked up.
    if (known?.stamp !== login.stamp) throw this.refused(new Error('The account of the login has changed'));
    const { username, userstore, id } = known;
    return { username, userstore, userId: userIdOf(user) ?? id };
  }
}

/** The proved factors and their owner. */
export interface ProvedFactors {
  readonly owner: FactorOwner;
  readonly factors: readonly Factor[];
  /** The stamp that the user must still have. */
  readonly stamp?: number | undefined;
}

export interface FreshSession {
  readonly login: Authentication;
  readonly owner: FactorOwner;
}
