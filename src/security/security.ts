/** One instance of the library for apps of any framework: guards, logins outside of actions, start and close. */
import type { IncomingMessage } from 'node:http';
import type { OwnTable } from '../account/own-table';
import type { Access } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityObserver } from '../core/observer';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { guardCalls } from '../guards/guard-calls';
import { forMethod, type GuardOptions } from '../guards/guards';
import { guardMiddleware, type Handler, type Middleware, PASSING } from '../guards/middleware';
import type { GuardRule } from '../rules/guard-rule';
import type { InspectedOptions } from './inspection';
import { type AuthenticateOptions, OutsideLogins } from './outside-logins';
import { OwnRoutes } from './own-routes';
import type { SecurityParts } from './parts';
import { type ResourceMetadata, resourceMetadata } from './resource-metadata';
import { type Settle, settleBy } from './settled';
import { tryOut } from './trial';
import {
  announceComponents,
  announceRules,
  countGuards,
  refuseUninjectable,
  refuseWithoutProviders,
} from './start-up';

let find: (security: BaseSecurity) => OutsideLogins;
let inspect: (security: BaseSecurity) => InspectedOptions;
let serve: (security: BaseSecurity, table: OwnTable) => Middleware;

/** The parts of an instance that sockets need. @throws ConfigurationError if it is not an instance */
export function outsideLoginsOf(security: unknown, call: string): OutsideLogins {
  if (security instanceof BaseSecurity) return find(security as BaseSecurity);
  throw new ConfigurationError(`${call} takes an instance of createSecurity()`);
}

/**
 * The middleware of an instance for a table of the library's own routes.
 * @throws ConfigurationError if it is not an instance, for a route that another table answers, and once the app has
 * started if the app lacks a component that the table needs
 */
export function serveTable(security: unknown, table: OwnTable): Middleware {
  if (security instanceof BaseSecurity) return serve(security as BaseSecurity, table);
  throw new ConfigurationError(`${table.call} takes an instance of createSecurity(), and then its options`);
}

/** True for an instance that `createSecurity()` of this copy of the library made. */
export function isSecurity(value: unknown): value is BaseSecurity {
  return value instanceof BaseSecurity;
}

/** An instance as an app that has only its guards and no action. @throws ConfigurationError if it would not start */
export function inspectGuards(security: BaseSecurity): InspectedOptions {
  return inspect(security);
}

/** One independent set of stores, providers and options. Made by `createSecurity()`. */
export class BaseSecurity<U extends User = User, R extends string = string> {
  /** @internal */
  protected readonly settled: Settle;
  private readonly outside: OutsideLogins;
  /** @internal */
  protected readonly ownRoutes: OwnRoutes;
  /** @internal */
  protected isStarted = false;
  /** @internal True once a server of routing-controllers may have actions that the instance guards. */
  protected hasController = false;

  static {
    find = (security) => security.outside;
    inspect = (security) => security.inspected();
    serve = (security, table) => security.served(table);
  }

  /** @internal */
  constructor(
    /** @internal */
    protected readonly parts: SecurityParts,
  ) {
    this.outside = new OutsideLogins(parts);
    this.settled = settleBy(parts.audit);
    this.ownRoutes = new OwnRoutes(parts, this.settled, () => {
      this.start();
    });
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
   * Decides outside of an action whether a login is allowed to do something, for example for an event of a WebSocket.
   * It checks a rule as in `@Authorized`, and then the app's authorization providers, which see `event NAME` as the
   * action. The roles are those that the user has now by groups and role loaders, and those that the user had at the
   * login.
   * @param request the request of the login; policies see it as a {@link SecurityRequest}
   * @param login the same object that `authenticate()` or `recheck()` of this instance returned, for this request or an
   * earlier one
   * @param rule absent: any authenticated user
   * @param name for events and logs
   * @throws AccessDeniedError if it is not allowed; BadCredentialsError if the credential of the login has expired
   * @throws ServiceUnavailableError or SecurityFaultError if no decision is possible
   * @throws ConfigurationError for an invalid rule, for a role or permission that the app does not have, and for a rule
   * about the owner of a resource that a route names
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
   * Checks whether a login still counts, for objects that outlive its request, such as a socket or a job. The provider
   * of the login decides if it has `recheck()`. Otherwise the user must still be in the same store, active, with the
   * same `id` and `tokensValidFrom`. A user outside of all stores is valid until `expiresAt`. The check uses no
   * credential a second time, hashes nothing and does not count as an attempt.
   * @param request the request of the login: another request may have credentials that nobody has proved
   * @param login the same object that `authenticate()` or `recheck()` of this instance returned
   * @returns the login with the user as of now
   * @throws BadCredentialsError if it has ended
   * @throws ServiceUnavailableError, ThrottledError or SecurityFaultError if that is unknown, and for another request
   * @example const login = await security.recheck(upgrade, before);
   */
  async recheck(request: IncomingMessage, login: Authentication<U>): Promise<Authentication<U>> {
    const result = await this.outside.recheck(request, login);
    if (result.kind !== 'holds') throw result.error();
    return result.login.authentication as Authentication<U>;
  }

  /**
   * Guards requests outside of actions: files, GraphQL, documentation, a router or a handler of Koa, Express or
   * node:http. The checks and the error responses are those of an action. Mount the guard together with the guarded
   * handler, so that no other route leads to it, and behind the app's CORS middleware. If several guards apply, each
   * must hold.
   * A handler after the rule is the guarded handler, of the same framework; it gets the guard's own arguments. Without
   * a handler, the guard protects the following middlewares.
   * @param rule as in `@Authorized`; an array means "any of". @default any authenticated user
   * @throws ConfigurationError for an invalid rule, for a role or permission that the app does not have, for
   * `ownerOf()`, which needs an action's route, and for another rule under the name of an earlier guard; once the app
   * has started, also in the cases of {@link start}
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
    const accessFor = this.parts.guards.add(rule, given);
    if (this.isStarted) this.refuseUnready();
    return this.middleware(accessFor, handler);
  }

  /**
   * Starts the app: finds its providers and passes the app to them, checks its guards, and logs its components. For an
   * app of plain routers, after its guards are made and before it listens. Without it, the first request to a guard
   * starts the app. A server of routing-controllers starts it by itself. A repeated call does nothing, and after a failed
   * start it tries again.
   * @throws ConfigurationError if there are guards and no provider can authenticate, for stores and providers that
   * cannot be trusted, for a rule whose class the container cannot create, and for routes of the library, such as those
   * of `sessionRoutes()`, whose components the app lacks. The app is then not started: guards, actions, routes of the
   * library, `authenticate()` and sockets refuse every request until a start succeeds. If it was a server of
   * routing-controllers that could not be created, this throws its exception until a server has been created
   * @example security.start(); app.listen(3000);
   */
  start(): void {
    const { audit, components, guards, options } = this.parts;
    components.lastStart.run(() => {
      if (this.isStarted) return;
      components.find();
      this.refuseUnready();
      this.ownRoutes.refuseUnmet();
      const { all } = guards;
      components.start();
      this.ownRoutes.start();
      this.isStarted = true;
      announceComponents(components, options, audit);
      audit.info(countGuards(all));
      announceRules(all, components, options, audit);
    });
  }

  /**
   * The login of a request that has already been decided, for access logs and for code that runs after a guard or an
   * action. Undefined for a request without a login, or if no guard or action has asked for it. It asks no provider.
   */
  loginOf(request: IncomingMessage | { req: IncomingMessage }): Authentication<U> | undefined {
    const raw = 'req' in request ? request.req : request;
    const state = this.parts.states.find({ request: raw, response: undefined });
    if (state?.outcome?.kind !== 'authenticated') return undefined;
    // The stores and providers of this instance are for U: its options accept no others.
    return this.outside.known(state, state.outcome) as Authentication<U>;
  }

  /**
   * The login of the current request, for services: in all code that runs for an action or for the handler of a guard.
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
   * Runs work as a login, for jobs and queues: `currentLogin()` returns that login within it. It checks nothing.
   * @throws ConfigurationError without the option `context: true`
   */
  runAs<T>(login: Authentication<U>, work: () => T): T {
    return this.parts.context.runAs(login, work);
  }

  /**
   * The document for `/.well-known/oauth-protected-resource`, for an app that is mounted under a path and serves it
   * itself; undefined without the option `resource`. @see RFC 9728
   */
  resourceMetadata(): ResourceMetadata | undefined {
    const { options, components } = this.parts;
    return options.resource && resourceMetadata(options.resource, components.providers);
  }

  /**
   * Adds an observer of authentications, providers, userstores and events, for metrics and traces. It decides nothing:
   * its first exception is logged, later ones are not. `securest/opentelemetry` has a ready observer.
   * @returns a function that removes the observer
   * @throws ConfigurationError if it is not an object
   * @example const end = security.observe({ provider: (name) => (verdict) => verdicts.inc({ name, verdict }) });
   */
  observe(observer: SecurityObserver): () => void {
    if (typeof (observer as unknown) !== 'object' || (observer as unknown) === null) {
      throw new ConfigurationError('observe() takes an observer: an object with functions');
    }
    return this.parts.audit.observers.add(observer);
  }

  /**
   * Makes providers drop their record of a user's credentials, and stores their cached entry of the user, and rechecks
   * the sockets of that user. Without it, a changed password, role or `active` takes effect at once for requests if the
   * store caches nothing, and for sockets at their next check.
   * @throws the exception of the first failed `forget()`, after all have been called
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
   * Releases the resources of stores and providers: watchers, pools, timers. None of these keeps a process alive. A
   * component that another instance of the library uses too is closed with the last of them.
   * @throws the exception of the first failed `close()`, after all have been called
   */
  async close(): Promise<void> {
    await this.parts.components.close();
  }

  /** @internal */
  protected guardOf(access: Access): Middleware {
    if (access.levels.length === 0) return PASSING;
    return this.middleware((method) => forMethod(access, method), undefined);
  }

  private served(table: OwnTable): Middleware {
    const middleware = this.ownRoutes.add(table);
    if (this.isStarted) {
      this.refuseUnready();
      this.ownRoutes.refuseUnmet();
      this.ownRoutes.start();
    }
    return middleware;
  }

  private middleware(accessFor: (method: string) => Access, handler: Handler | undefined): Middleware {
    const start = (): void => {
      this.start();
    };
    return guardMiddleware(guardCalls({ ...this.parts, start }, this.settled, accessFor), handler);
  }

  /** @throws ConfigurationError for guards that no request could pass, or whose rules could not be checked */
  private refuseUnready(): void {
    const { components, guards, options } = this.parts;
    for (const access of guards.all) refuseUninjectable(access, options.container);
    refuseWithoutProviders(
      guards.all.find(({ levels }) => levels.length > 0),
      components,
    );
  }

  /** The app that consists of the guards alone. */
  private inspected(): InspectedOptions {
    const { components, guards, options } = this.parts;
    if (this.hasController) {
      throw new ConfigurationError(
        'The instance secures controllers, which it does not know itself: hand over the options that its secure() returned, ' +
          'which stand for its guards too',
      );
    }
    this.refuseUnready();
    return {
      compiled: [],
      guards: guards.all,
      components,
      options,
      tryOut: (action, found, as) => tryOut(this.parts, action, found, as),
      guardOf: (access) => this.guardOf(access),
      middlewares: [],
      routePrefix: '',
      isGuarded: true,
      findRoutes: () => Promise.resolve([]),
      stubbed: () => {
        throw new ConfigurationError('An instance has guards, and no server with actions');
      },
    };
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
