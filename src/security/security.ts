/**
 * One instance of the library, as apps see it, whatever their host: guards, logins outside of actions, and what belongs to
 * its life.
 */
import type { IncomingMessage } from 'node:http';
import type { Access } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityObserver } from '../core/observer';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { guardCalls } from '../guards/guard-calls';
import { forMethod, type GuardOptions } from '../guards/guards';
import { guardMiddleware, type Handler, type Middleware } from '../guards/middleware';
import type { GuardRule } from '../rules/guard-rule';
import { counted } from '../util/counted';
import type { InspectedOptions } from './inspection';
import { type AuthenticateOptions, OutsideLogins } from './outside-logins';
import type { SecurityParts } from './parts';
import { type ResourceMetadata, resourceMetadata } from './resource-metadata';
import { type Settle, settleBy } from './settled';
import { tryOut } from './trial';
import { announceComponents, announceRules, refuseUninjectable, refuseWithoutProviders } from './start-up';

let find: (security: BaseSecurity) => OutsideLogins;
let inspect: (security: BaseSecurity) => InspectedOptions;

/** What sockets need of an instance. @throws ConfigurationError for what is none */
export function outsideLoginsOf(security: unknown, call: string): OutsideLogins {
  if (security instanceof BaseSecurity) return find(security as BaseSecurity);
  throw new ConfigurationError(`${call} takes an instance of createSecurity()`);
}

/** True for what `createSecurity()` of this copy of the library gives. */
export function isSecurity(value: unknown): value is BaseSecurity {
  return value instanceof BaseSecurity;
}

/** An instance as an app that has its guards and no action. @throws ConfigurationError where it would not start */
export function inspectGuards(security: BaseSecurity): InspectedOptions {
  return inspect(security);
}

/** One independent set of stores, providers and options. Made by `createSecurity()`. */
export class BaseSecurity<U extends User = User, R extends string = string> {
  /** @internal */
  protected readonly settled: Settle;
  private readonly outside: OutsideLogins;
  /** @internal */
  protected isStarted = false;
  /** @internal True once a server of a host can have its actions guarded. */
  protected hasController = false;

  static {
    find = (security) => security.outside;
    inspect = (security) => security.inspected();
  }

  /** @internal */
  constructor(
    /** @internal */
    protected readonly parts: SecurityParts,
  ) {
    this.outside = new OutsideLogins(parts);
    this.settled = settleBy(parts.audit);
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
   * which needs an action's route, and for another rule under the name of an earlier guard; once the app has started, for what
   * {@link start} refuses
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
    this.refuseUnready();
    const { all } = guards;
    components.start();
    this.isStarted = true;
    announceComponents(components, audit);
    audit.info(counted(all.length, 'guard'));
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

  /** @internal */
  protected guardOf(access: Access): Middleware {
    return this.middleware((method) => forMethod(access, method), undefined);
  }

  private middleware(accessFor: (method: string) => Access, handler: Handler | undefined): Middleware {
    const start = (): void => {
      this.start();
    };
    return guardMiddleware(guardCalls({ ...this.parts, start }, this.settled, accessFor), handler);
  }

  /** @throws ConfigurationError for guards that nobody could pass, or whose rules could not be asked */
  private refuseUnready(): void {
    const { components, guards, options } = this.parts;
    for (const access of guards.all) refuseUninjectable(access, options.container);
    refuseWithoutProviders(guards.all[0], components);
  }

  /** The app of its guards alone. */
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
