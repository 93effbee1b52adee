/**
 * One instance of the library, as apps see it, and as the servers that use its checkers do.
 */
import type { IncomingMessage } from 'node:http';
import type {
  Action,
  ActionMetadata,
  AuthorizationChecker,
  CurrentUserChecker,
  RoutingControllersOptions,
} from 'routing-controllers';
import { type CompiledAction, isCompiled, isLastGuard } from '../access/compile';
import { typedAuthorized } from '../access/typed-authorized';
import { withoutKeyProvider } from '../account/api-key-controller';
import { type PasswordChange, refuseUnchangeable } from '../account/password-change';
import { isPasswordController } from '../account/password-controller';
import { announcements, refuseUnmetNeeds, startServices } from '../account/session-needs';
import type { Audit } from '../audit/audit';
import { attribute } from '../authentication/attribute';
import type { Authenticator } from '../authentication/authenticator';
import { passwordLinks, proofLink } from '../authentication/brought-links';
import type { ChainLink } from '../authentication/chain';
import { withChallenges } from '../authentication/own-challenges';
import type { LiveLogins } from '../authentication/live-logins';
import type { LoginContext } from '../authentication/login-context';
import type { Recorder } from '../authentication/recorder';
import type { Refusals } from '../authentication/refusals';
import type { RequestStates } from '../authentication/request-state';
import type { UserstoreChain } from '../authentication/userstore-chain';
import type { Authorizer } from '../authorization/authorizer';
import type { Resources } from '../authorization/resources';
import type { AppComponents } from '../components/app-components';
import type { Access, ActionAccess } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityObserver } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import { UNCONVERTIBLE } from '../core/resource';
import type { User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import type { Answers } from '../decorators/answers';
import { AccessDeniedError, ConfigurationError } from '../errors';
import { guardCalls } from '../guards/guard-calls';
import { forMethod, type GuardOptions, type Guards } from '../guards/guards';
import { guardMiddleware, type Handler, type Middleware } from '../guards/middleware';
import type { ResolvedOptions } from '../options';
import type { GuardRule } from '../rules/guard-rule';
import { refuseWithoutFamilies, withoutProvider } from './token-controller';
import { ignoreRejection } from '../util/ignore-rejection';
import { chained } from '../util/maybe-promise';
import { type AuthenticateOptions, OutsideLogins } from './outside-logins';
import { type Settle, settleBy } from './settled';
import { noteHandedOut, noteSecured } from './build-watch';
import type { Checkers } from './checkers';
import { injectControllers } from './controllers';
import {
  bind,
  bindingOf,
  type Inspection,
  installDrivers,
  type SecurityBinding,
  type ServerFacts,
} from './install';
import { jwksRoutes } from './jwks-routes';
import { otherCopy } from './other-copy';
import { type ResourceMetadata, resourceMetadata } from './resource-metadata';
import type { RootRoute } from './root-routes';
import { announceServer, compileServer } from './startup';
import { tryOut } from './trial';
import {
  announceComponents,
  announceRules,
  refuseUninjectable,
  refuseWithoutProviders,
} from '../security/start-up';

/** What an instance is put together from. */
export interface SecurityParts {
  readonly options: ResolvedOptions;
  readonly audit: Audit;
  readonly components: AppComponents;
  readonly states: RequestStates;
  readonly authenticator: Authenticator;
  readonly checkers: Checkers;
  readonly refusals: Refusals;
  readonly resources: Resources;
  readonly passwordChange: PasswordChange;
  readonly userstore: UserstoreChain;
  readonly guards: Guards;
  readonly context: LoginContext;
  readonly liveLogins: LiveLogins;
  readonly recorder: Recorder;
  readonly authorizer: Authorizer;
}

let find: (security: Security) => OutsideLogins;
let inspect: (security: Security) => Inspection;

/** What sockets need of an instance. @throws ConfigurationError for what is none */
export function outsideLoginsOf(security: unknown, call: string): OutsideLogins {
  if (security instanceof Security) return find(security as Security);
  throw new ConfigurationError(`${call} takes what createSecurity() gives`);
}

/** True for what `createSecurity()` of this copy of the library gives. */
export function isSecurity(value: unknown): value is Security {
  return value instanceof Security;
}

/** An instance as an app that has its guards and no action. @throws ConfigurationError where it would not start */
export function inspectGuards(security: Security): Inspection {
  return inspect(security);
}

/** One independent set of stores, providers and options. Made by `createSecurity()`. */
export class Security<U extends User = User, R extends string = string> {
  /** routing-controllers' `@Authorized`, typed: a role that is none of R, or a policy of another user, does not compile. */
  readonly Authorized = typedAuthorized<U, R>();

  private readonly pair: {
    readonly authorizationChecker: AuthorizationChecker;
    readonly currentUserChecker: CurrentUserChecker;
  };
  private readonly binding: SecurityBinding;
  private readonly outside: OutsideLogins;
  private readonly settled: Settle;
  private isStarted = false;

  static {
    find = (security) => security.outside;
    inspect = ({ binding, parts: { components, guards } }) => {
      const facts = { routePrefix: '', hasAuthorizationChecker: true, isStubbed: true };
      const inspection = binding.inspect({ actions: [] }, facts);
      refuseWithoutProviders(guards.all[0], components);
      return inspection;
    };
  }

  /** @internal */
  constructor(private readonly parts: SecurityParts) {
    installDrivers();
    this.outside = new OutsideLogins(parts);
    this.settled = settleBy(parts.audit);
    const { options, components, states, checkers, refusals, guards, context } = parts;
    this.binding = {
      secure: (host) => this.secure(host),
      prepare: (actions, server) => this.prepare(actions, server),
      rootRoutes: (actions) => this.rootRoutes(actions),
      inspect: ({ actions }, facts) => ({
        compiled: compileServer(actions, facts, components, options, guards.all),
        guards: guards.all,
        components,
        options,
        tryOut: (action, found, as) => tryOut(parts, action, found, as),
        guardOf: (access) => this.middleware((method) => forMethod(access, method), undefined),
      }),
      arrive: (action, access) => {
        states.arrived(action, access);
      },
      refuseEarly: options.early
        ? (action, access) => this.settled(() => checkers.refuseEarly(action, access))
        : undefined,
      login: (action, access) => this.settled(() => checkers.login(action, access)),
      answers: (access) => this.answers(access),
      within: context.isOn ? (action, work) => context.run(states.of(action), work) : undefined,
      complete: (error, action) => {
        refusals.answer(error, states.of(action));
      },
      listen: (listener) => parts.recorder.listen(listener),
      // Whoever asks by the options alone knows of no narrower user or role.
      security: this as unknown as Security,
    };
    this.pair = {
      authorizationChecker: bind(
        (action: Action, roles: unknown[]) => this.checkAuthorization(action, roles),
        this.binding,
      ),
      currentUserChecker: bind((action: Action) => this.userOf(action), this.binding),
    };
  }

  /** For routing-controllers' option of this name, in an app that is set up by hand. */
  get authorizationChecker(): AuthorizationChecker {
    noteHandedOut(this.guardsAll);
    return this.pair.authorizationChecker;
  }

  /** For routing-controllers' option of this name, in an app that is set up by hand. */
  get currentUserChecker(): CurrentUserChecker {
    noteHandedOut(this.guardsAll);
    return this.pair.currentUserChecker;
  }

  /**
   * Adds this instance's checkers to an app's options. Doing it twice changes nothing.
   * @throws ConfigurationError when the app sets a checker of its own, or of another instance
   */
  secure<T extends RoutingControllersOptions>(options: T): T {
    if ('security' in options) {
      throw new ConfigurationError('secure() takes no security options: give them to createSecurity()');
    }
    for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
      if (options[name] === undefined || bindingOf(options[name]) === this.binding) continue;
      throw new ConfigurationError(
        `${name} is what securest sets: take the app's own, or that of another instance, out of the options`,
      );
    }
    noteSecured(this.binding, options.controllers, this.guardsAll);
    const other = otherCopy();
    if (other !== undefined) this.parts.audit.warn(`the app may be built by ${other}: ${ONE_COPY}`);
    return { ...options, ...this.pair };
  }

  /**
   * Authenticates a request outside of an action, for example a WebSocket upgrade.
   * @returns the login, or undefined for a request without credentials
   * @throws SecurityError for every other outcome, with the status, the challenges and the other headers of a reply
   * @example const login = await security.authenticate(upgrade, { handshake: true });
   */
  async authenticate(
    request: IncomingMessage,
    options?: AuthenticateOptions,
  ): Promise<Authentication<U> | undefined> {
    return (await this.outside.authenticate(request, options)) as Authentication<U> | undefined;
  }

  /**
   * Decides outside of an action whether a login may do something, for example for an event of a WebSocket: by a rule
   * as `@Authorized` takes it, and then by the app's authorization providers, which see `event NAME` as the action. Roles are
   * those that the user has now by groups and role loaders, beside those that the user had at the login.
   * @param request that the login came with; policies see it as a {@link SecurityRequest}
   * @param login the very one that `authenticate()` or `recheck()` of this instance gave, for this request or an earlier one
   * @param rule absent: any authenticated user
   * @param name for events and logs
   * @throws AccessDeniedError when it may not; BadCredentialsError when the credential of the login has ended
   * @throws ServiceUnavailableError or SecurityFaultError when that cannot be decided
   * @throws ConfigurationError for a rule that is none, that names a role or permission that the app does not have, or that
   * asks for the owner of what a route names
   * @example await security.authorize(upgrade, login, 'editor', 'notes:add');
   */
  async authorize(
    request: IncomingMessage,
    login: Authentication<U>,
    rule: GuardRule<U, R> | undefined,
    name: string,
  ): Promise<void> {
    if (typeof name !== 'string' || name === '') {
      throw new ConfigurationError('authorize(): the name must be a non-empty string');
    }
    await this.outside.authorize(request, login, rule as GuardRule | undefined, name);
  }

  /**
   * Whether a login still counts, for what outlives its request, such as a socket or a job. The provider that gave it says
   * so where it has `recheck()`; else its user must still be in the same store, active, with the same `id` and
   * `tokensValidFrom`. A user of no store stands until `expiresAt`. It uses no credential a second time, hashes nothing and
   * counts as no try.
   * @param request that the login came with
   * @param login the very one that `authenticate()` or `recheck()` of this instance gave
   * @returns the login with the user as of now
   * @throws BadCredentialsError when it has ended
   * @throws ServiceUnavailableError, ThrottledError or SecurityFaultError when that is not known
   * @example const login = await security.recheck(upgrade, before);
   */
  async recheck(request: IncomingMessage, login: Authentication<U>): Promise<Authentication<U>> {
    const result = await this.outside.recheck(request, login);
    if (result.kind !== 'holds') throw result.error();
    return result.login.authentication as Authentication<U>;
  }

  /**
   * Guards what is no action: files, GraphQL, documentation, a router or a handler of Koa, Express or node:http, by the same
   * checks and with the same refusals as an action. Mount the guard and what it guards as one, so that no other way leads
   * there, and behind the app's CORS middleware. Of several guards each must hold.
   * A handler behind the rule is what is guarded, of the same host; it gets the guard's own arguments. Without one it is
   * whatever follows.
   * @param rule what `@Authorized` takes; an array is "any of". @default any authenticated user
   * @throws ConfigurationError for a rule that is none, for a role or permission that the app does not have, for `ownerOf()`,
   * which needs an action's route, and for another rule under the name of an earlier guard
   * @example app.use(mount('/files', security.guard('editor', serve('files'))));
   */
  guard(rule?: GuardRule<U, R>, options?: GuardOptions): Middleware;
  guard(rule: GuardRule<U, R> | undefined, handler: Handler, options?: GuardOptions): Middleware;
  guard(
    rule?: GuardRule<U, R>,
    handlerOrOptions?: Handler | GuardOptions,
    options?: GuardOptions,
  ): Middleware {
    const [handler, given] = isHandler(handlerOrOptions)
      ? [handlerOrOptions, options]
      : [undefined, handlerOrOptions];
    return this.middleware(this.parts.guards.add(rule, given), handler);
  }

  /**
   * Starts the app: finds and tells its providers, checks its guards, and says in the log what it is made of. For an app of
   * plain routers, once its guards are made and before it listens. Without it that happens at the first request that comes to
   * a guard. A server of routing-controllers does it by itself. When it has been done, it does nothing.
   * @throws ConfigurationError when something is guarded and nothing can authenticate, for stores and providers that cannot
   * be trusted, and for a rule whose class the container cannot create. Nothing has been started then: every guard refuses
   * @example security.start(); app.listen(3000);
   */
  start(): void {
    if (this.isStarted) return;
    const { audit, components, guards, options } = this.parts;
    components.find();
    const { all } = guards;
    for (const access of all) refuseUninjectable(access, options.container);
    refuseWithoutProviders(all[0], components);
    components.start();
    this.isStarted = true;
    announceComponents(components, audit);
    audit.info(all.length === 1 ? '1 guard' : `${String(all.length)} guards`);
    announceRules(all, components, options, audit);
  }

  /**
   * The login of a request that has been decided already, for access logs and whatever runs after a guard or an action;
   * undefined for a request without a login, or whose login nobody has asked for. It asks no provider.
   */
  loginOf(request: IncomingMessage | { req: IncomingMessage }): Authentication<U> | undefined {
    const raw = 'req' in request ? request.req : request;
    const state = this.parts.states.find({ request: raw, response: undefined });
    if (state?.outcome?.kind !== 'authenticated') return undefined;
    // The stores and providers of this instance are those of U: its options ask for no others.
    return this.outside.known(state, state.outcome) as Authentication<U>;
  }

  /**
   * The login of the request at hand, for services: in whatever runs for an action or for the handler of a guard.
   * @returns undefined outside of a request, and for a request without a login
   * @throws ConfigurationError without the option `context: true`
   */
  currentLogin(): Authentication<U> | undefined {
    return this.parts.context.current('currentLogin') as Authentication<U> | undefined;
  }

  /** The user of {@link currentLogin}. @throws ConfigurationError without the option `context: true` */
  currentUser(): U | undefined {
    return (this.parts.context.current('currentUser') as Authentication<U> | undefined)?.user;
  }

  /**
   * Runs work as a login, for jobs and queues: `currentLogin()` is that login within it. It checks nothing.
   * @throws ConfigurationError without the option `context: true`
   */
  runAs<T>(login: Authentication<U>, work: () => T): T {
    return this.parts.context.runAs(login, work);
  }

  /**
   * What is served at `/.well-known/oauth-protected-resource`, for an app that is mounted under a path and serves it
   * itself; undefined without the option `resource`. @see RFC 9728
   */
  resourceMetadata(): ResourceMetadata | undefined {
    const { options, components } = this.parts;
    return options.resource && resourceMetadata(options.resource, components.providers);
  }

  /**
   * Has an observer hear of authentications, providers, userstores and events, for metrics and traces. It decides nothing:
   * of what it throws the first is logged. With `securest/opentelemetry` nothing of it has to be written.
   * @returns a function that ends it
   * @throws ConfigurationError for what is no object
   * @example const end = security.observe({ provider: (name) => (verdict) => verdicts.inc({ name, verdict }) });
   */
  observe(observer: SecurityObserver): () => void {
    if (typeof (observer as unknown) !== 'object' || (observer as unknown) === null) {
      throw new ConfigurationError('observe() takes an observer: an object with functions');
    }
    return this.parts.audit.observers.add(observer);
  }

  /**
   * Makes providers drop what they remember of a user's credentials, and stores what they keep of the user, and has the
   * sockets of that user checked. Without it a changed password, role or `active` counts at once for requests where the
   * store keeps nothing, and for sockets at their next check.
   * @throws what the first `forget()` that failed threw, after all have been called
   */
  forget(username: string): void {
    const failures: unknown[] = [];
    this.parts.components.forget(username, (name, cause) => {
      failures.push(cause);
      this.parts.audit.error(`${name} could not forget a user`, cause);
    });
    this.parts.liveLogins.recheck(username);
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Releases what stores and providers hold: watchers, pools, timers. None of them keeps a process alive.
   * One that another instance of the library uses too is closed with the last of them.
   * @throws what the first `close()` that failed threw, after all have been called
   */
  async close(): Promise<void> {
    await this.parts.components.close();
  }

  private middleware(accessFor: (method: string) => Access, handler: Handler | undefined): Middleware {
    const start = (): void => {
      this.start();
    };
    return guardMiddleware(guardCalls({ ...this.parts, start }, this.settled, accessFor), handler);
  }

  /** True where an action without any decorator is guarded too. */
  private get guardsAll(): boolean {
    return this.parts.options.default === 'authenticated';
  }

  /** A promise for all but a grant: the host treats what is thrown or false at once in another way. */
  private checkAuthorization(action: Action, roles: readonly unknown[]): MaybePromise<boolean> {
    const [access] = roles;
    const result = this.settled(() => {
      if (roles.length === 1 && isCompiled(access)) return this.parts.checkers.authorize(action, access);
      throw new Error(FOREIGN_SERVER);
    });
    const isAtOnce = result === true && isLastGuard(access as Access);
    return isAtOnce ? result : Promise.resolve(result);
  }

  /** At once where the request has been authenticated, as it has before any parameter of an action is read. */
  private userOf(action: Action): MaybePromise<User | undefined> {
    const user = this.settled(() => {
      const access = this.parts.states.find(action)?.access;
      if (access === undefined) throw new Error(FOREIGN_SERVER);
      return chained(this.parts.checkers.login(action, access), (login) => login?.authentication.user);
    });
    ignoreRejection(user);
    return user;
  }

  private answers(access: ActionAccess): Answers {
    const { checkers, components, options, passwordChange, resources, states } = this.parts;
    const later = <T>(work: () => MaybePromise<T>): Promise<T> => Promise.resolve(this.settled(work));
    return {
      authentication: (action) => later(() => checkers.attributedLogin(action, access)),
      resource: (action, store, parameter) =>
        later(async () => {
          const resource = await resources.load(states.at(action, access), action, access, store, parameter);
          if (resource === UNCONVERTIBLE) throw new AccessDeniedError();
          return resource;
        }),
      changePassword: (action, body, minLength) =>
        later(async () => {
          const login = await checkers.login(action, access);
          const { request } = states.at(action, access);
          return passwordChange.change(request, login?.authentication, body, minLength);
        }),
      provePassword: (action, credentials) =>
        later(() => {
          const links = passwordLinks(components.links, credentials);
          return this.proved(states.at(action, access).request, links, true);
        }),
      prove: (action, name, proof) =>
        later(() => this.proved(states.at(action, access).request, [proofLink(name, proof)], false)),
      refuseCrossSite: (action) => {
        this.parts.authenticator.refuseCrossSite(states.at(action, access).request);
      },
      route: () => access.route,
      loginPage: () => options.loginPage,
      request: (action) => states.at(action, access).request,
      app: () => components.facts,
      resolve: (cls) => components.resolve(cls),
      settle: later,
    };
  }

  /** What a refusal of a login says of how to log in: Basic would open a window over the app's own form. */
  private proved(
    request: SecurityRequest,
    links: readonly ChainLink[],
    bringsPassword: boolean,
  ): MaybePromise<Authentication> {
    const { authenticator, components, options, userstore } = this.parts;
    components.startOnce();
    return chained(authenticator.ask(request, links, bringsPassword), (outcome) => {
      if (outcome.kind === 'authenticated') return attribute(outcome, userstore, options.deadlineMs);
      const error = outcome.error();
      throw error.httpCode === 401 ? withChallenges(error, { scheme: 'Session' }) : error;
    });
  }

  private prepare(actions: readonly ActionMetadata[], server: ServerFacts): readonly CompiledAction[] {
    const { audit, components, guards, options } = this.parts;
    components.find();
    const compiled = compileServer(actions, server, components, options, guards.all);
    if (actions.some(({ target }) => isPasswordController(target))) refuseUnchangeable(components);
    injectControllers(actions, options.container);
    if (!server.isStubbed) {
      for (const target of new Set(actions.map((action) => action.target))) {
        refuseWithoutFamilies(target, (cls) => components.resolve(cls));
        refuseUnmetNeeds(target, components.providers, (cls) => components.resolve(cls));
      }
      const routes = compiled.map(({ action: { target }, access: { route } }) => ({ target, route }));
      for (const line of announcements(routes)) audit.info(line);
      if (server.notice !== undefined) audit.info(server.notice);
      components.start();
      this.isStarted = true;
      for (const target of new Set(actions.map((action) => action.target))) {
        startServices(target, components.facts, (cls) => components.resolve(cls));
        for (const warningOf of [withoutProvider, withoutKeyProvider]) {
          const warning = warningOf(target, (cls) => components.resolve(cls));
          if (warning !== undefined) audit.warn(warning);
        }
      }
    }
    announceServer(compiled, components, options, audit, guards.all);
    return compiled;
  }

  private rootRoutes(actions: readonly ActionMetadata[]): readonly RootRoute[] {
    const { audit, components, options } = this.parts;
    const routes = jwksRoutes(actions, {
      resolve: (cls) => components.resolve(cls),
      onFailure: (error) => {
        audit.error('The keys of jwksController() could not be served', error);
      },
    });
    if (options.resource !== undefined) {
      const json = JSON.stringify(this.resourceMetadata());
      routes.push({ path: options.resource.metadataPath, maxAgeSeconds: 3600, json: () => json });
    }
    const twice = routes.find(({ path }, index) => routes.findIndex((other) => other.path === path) < index);
    if (twice === undefined) return routes;
    throw new ConfigurationError(`jwksController(): ${twice.path} is served already: give it another path`);
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

const ONE_COPY =
  'a server of another copy of routing-controllers than the one beside securest loses guards; ' +
  'make sure that only one is installed (npm ls routing-controllers)';

const FOREIGN_SERVER =
  'A check came without compiled access. Either a function of the app wraps the checker, so that securest ' +
  `cannot know its servers: hand the checker over as it is. Or ${ONE_COPY}`;
