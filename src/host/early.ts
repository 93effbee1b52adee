/**
 * Refuses requests before a body is read (the option `early`). On Koa one middleware in front of the body parser of
 * routing-controllers asks the server's own router for the action of a request. On Express the first handler of each
 * route knows its action. Both only refuse, as the guard would: a request that passes still comes to the guard.
 */
import type { Action, ActionMetadata, BaseDriver, KoaDriver } from 'routing-controllers';
import type { Access } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { isThenable } from '../util/ignore-rejection';
import { attempted } from '../util/maybe-promise';

/** Throws, or rejects with, the error response if the request can be refused by now. */
export type RefuseEarly = (action: Action, access: Access) => MaybePromise<undefined>;

/** Runs the work so that it can read the login of the current request. */
export type Within = (<T>(action: Action, work: () => T) => T) | undefined;

/** A registered action. */
interface Routed {
  readonly action: ActionMetadata;
  readonly access: Access;
}

/** The first handler of a route on Express. Its error responses are the same as those of the guard. */
export function earlyOnExpress(
  driver: BaseDriver,
  refuse: RefuseEarly,
  { action: metadata, access }: Routed,
): (action: Action, next: () => unknown) => unknown {
  return (action, next) => {
    const decided = attempted(() => refuse(action, access));
    if (!isThenable(decided)) return next();
    Promise.resolve(decided)
      .then(
        () => next(),
        (error: unknown) => driver.handleError(error, metadata, action) as unknown,
      )
      // Express 4 does not await promises.
      .catch((error: unknown) => {
        (action.next as (error: unknown) => void)(error);
      });
    return undefined;
  };
}

type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => unknown;

interface KoaContext {
  readonly request: { readonly routingControllersStarted?: unknown };
  readonly response: unknown;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly newRouterPath?: string;
  readonly routerPath?: string;
  params?: Readonly<Record<string, string>> | undefined;
}

/** The members of @koa/router that are used. */
interface KoaRouter {
  readonly opts: { readonly routerPath?: string };
  readonly exclusive?: boolean;
  readonly stack: readonly KoaLayer[];
  matchHost(host: string): boolean | undefined;
  match(path: string, method: string): { readonly pathAndMethod: readonly KoaLayer[] };
}

interface KoaLayer {
  /** Empty for a middleware of the router. */
  readonly methods: readonly string[];
  captures(path: string): string[];
  params(path: string, captures: string[], before: object): Readonly<Record<string, string>>;
}

/** The action that the router would run for a request. */
interface Found extends Routed {
  /** The parameters of the route, plus the present ones. */
  readonly params: Readonly<Record<string, string>>;
}

/** The actions of one Koa server, and the middleware that refuses for them. */
export class EarlyOnKoa {
  private readonly actions = new WeakMap<KoaLayer, Routed>();
  private readonly router: KoaRouter;
  private ahead: KoaMiddleware | undefined;

  /** @throws ConfigurationError for a router of another kind, which cannot be queried */
  constructor(
    private readonly driver: KoaDriver,
    private readonly refuse: RefuseEarly,
    private readonly within: Within,
  ) {
    const router = driver.router as Partial<KoaRouter>;
    if (!Array.isArray(router.stack) || typeof router.match !== 'function') {
      throw new ConfigurationError(
        'security.early: the router of this server cannot be asked for the action of a request: use @koa/router',
      );
    }
    this.router = router as KoaRouter;
  }

  /** Initialises the driver so that its CORS handler and this middleware stand in front of its body parser. */
  initialize(initialize: () => void): void {
    const { driver } = this;
    const koa = driver.koa as { use(middleware: KoaMiddleware): void };
    const [bodyParser, ...others] = usedBy(driver, initialize);
    for (const middleware of others) koa.use(middleware);
    koa.use((context, next) => (this.ahead === undefined ? next() : this.ahead(context, next)));
    koa.use((context, next) => this.run(context, next));
    if (bodyParser !== undefined) koa.use(bodyParser);
  }

  /** Puts the middleware for the root routes in front, if there is one. */
  standBehind(use: () => void): void {
    [this.ahead] = usedBy(this.driver, use);
  }

  /** Registers an action, and records the layers that the router creates for it. */
  register(routed: Routed, register: () => void): void {
    const { length } = this.router.stack;
    register();
    for (const layer of this.router.stack.slice(length)) this.actions.set(layer, routed);
  }

  private run(context: KoaContext, next: () => Promise<unknown>): unknown {
    const found = this.find(context);
    if (found === undefined) return next();
    const { request, response } = context;
    const action: Action = { request, response, context, next };
    const work = () => this.decide(found, context, action, next);
    return this.within === undefined ? work() : this.within(action, work);
  }

  private async decide(
    { action: metadata, access, params }: Found,
    context: KoaContext,
    action: Action,
    next: () => Promise<unknown>,
  ): Promise<unknown> {
    if (access.levels.length === 0) return next();
    const { params: before } = context;
    // A role loader may read the parameters. The router adds its own to existing ones, so they must not stay.
    context.params = params;
    try {
      await this.refuse(action, access);
    } catch (error) {
      context.params = before;
      return this.driver.handleError(error, metadata, action);
    }
    context.params = before;
    return next();
  }

  /** The action that the router would run; undefined if it would run none, or a handler of the app before it. */
  private find(context: KoaContext): Found | undefined {
    const { router } = this;
    // An action of another server has already handled the request.
    if (context.request.routingControllersStarted !== undefined) return undefined;
    if (router.matchHost(context.host) !== true) return undefined;
    const paths = [router.opts.routerPath, context.newRouterPath, context.path, context.routerPath];
    const path = paths.find(Boolean) ?? '';
    const { pathAndMethod } = router.match(path, context.method);
    const first =
      router.exclusive === true
        ? pathAndMethod.at(-1)
        : pathAndMethod.find(({ methods }) => methods.length > 0);
    const routed = first && this.actions.get(first);
    return routed && { ...routed, params: first.params(path, first.captures(path), { ...context.params }) };
  }
}

/** Collects the middlewares that the driver uses during `work`, in their order, instead of using them. */
function usedBy(driver: KoaDriver, work: () => void): readonly KoaMiddleware[] {
  const used: KoaMiddleware[] = [];
  const koa: unknown = driver.koa;
  driver.koa = {
    use: (middleware: KoaMiddleware) => {
      used.push(middleware);
    },
  };
  try {
    work();
  } finally {
    driver.koa = koa;
  }
  return used;
}
