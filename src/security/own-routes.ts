/**
 * The library's own routes in an app of plain routers. A middleware for each table finds the route of a request, decides
 * whether the client may call it, and answers; it passes on all other requests.
 */
import type { AppComponents } from '../components/app-components';
import { announcements, type OwnNeeds, type OwnRoute, type OwnTable } from '../account/own-table';
import type { Audit } from '../audit/audit';
import type { Access } from '../core/access';
import type { Action } from '../core/exchange';
import type { Answers } from '../decorators/answers';
import { ConfigurationError } from '../errors';
import { guardCalls } from '../guards/guard-calls';
import { forMethod } from '../guards/guards';
import { forEveryHost, type GuardCalls, type Middleware } from '../guards/middleware';
import { RoutePath } from '../guards/route-path';
import { peerOf } from '../http/client-address';
import { matchedPath, pathBelowMount } from '../http/matched-path';
import { writeOwnReply } from '../http/own-reply';
import { rawRequest } from '../http/raw';
import type { RouteParams } from '../http/route-parameter';
import { answersFor } from './answers';
import type { SecurityParts } from './parts';
import type { Settle } from './settled';

/** A route of a table, with everything that answers its requests. */
interface Served {
  readonly table: OwnTable;
  readonly verb: string;
  readonly path: RoutePath;
  readonly route: OwnRoute;
  readonly answers: Answers;
  readonly calls: GuardCalls;
}

/** A request to a route. */
interface Found {
  readonly served: Served;
  readonly params: RouteParams;
}

export class OwnRoutes {
  readonly #parts: SecurityParts;
  readonly #settled: Settle;
  readonly #start: () => void;
  readonly #served: Served[] = [];
  readonly #tables: OwnTable[] = [];
  /** The tables whose services have been started. */
  readonly #started = new Set<OwnTable>();

  /** @param start starts the app if it has not been started. @throws ConfigurationError */
  constructor(parts: SecurityParts, settled: Settle, start: () => void) {
    this.#parts = parts;
    this.#settled = settled;
    this.#start = start;
  }

  /**
   * Adds a table.
   * @throws ConfigurationError for a route that another table answers, and for a guard of the name of a route
   */
  add(table: OwnTable): Middleware {
    const routes = Object.values(table.routes).map((route) => ({
      route,
      verb: route.verb.toUpperCase(),
      path: new RoutePath(`${table.path}${route.path}`),
    }));
    for (const { verb, path } of routes) {
      const other = this.#served.find((one) => one.verb === verb && one.path.overlaps(path));
      if (other === undefined) continue;
      throw new ConfigurationError(
        `${table.call}: ${other.table.call} answers ${verb} ${path.pattern} already: give one of them another \`path\``,
      );
    }
    const served = routes.map((one): Served => {
      const name = `${one.verb} ${one.path.pattern}`;
      const { guards } = this.#parts;
      const access =
        one.route.isPublic === true
          ? forMethod(guards.open(name, table.call), one.verb)
          : guards.add(undefined, { name })(one.verb);
      const route = (action: Action): string => routeOf(action, one.path.pattern);
      return {
        ...one,
        table,
        answers: answersFor(this.#parts, this.#settled, access, route),
        calls: this.#callsFor(access),
      };
    });
    this.#served.push(...served);
    this.#tables.push(table);
    return middlewareFor((action) => findIn(served, action), this.#settled);
  }

  /** Before the app starts. @throws ConfigurationError if the app lacks a component that a table needs */
  refuseUnmet(): void {
    for (const { needs } of this.#tables) needs.refuseUnmet?.(this.#parts.components);
  }

  /** Starts the services of the tables that have not been started. @throws ConfigurationError */
  start(): void {
    const { audit, components } = this.#parts;
    const starting = this.#tables.filter((table) => !this.#started.has(table));
    for (const { needs } of starting) needs.onStart?.(components);
    const routes = this.#served.map(({ table, path }) => ({ table, route: path.pattern }));
    const lines = announcements(
      routes.filter(({ table }) => starting.includes(table)),
      true,
    );
    for (const table of starting) this.#started.add(table);
    for (const line of lines) audit.info(line);
    warn(starting, components, audit);
  }

  #callsFor(access: Access): GuardCalls {
    const { states } = this.#parts;
    const calls = guardCalls({ ...this.#parts, start: this.#start }, this.#settled, () => access);
    if (access.levels.length > 0) return calls;
    return {
      ...calls,
      authorize: (action) =>
        this.#settled(() => {
          this.#start();
          states.arrived(action, access);
          return true;
        }),
    };
  }
}

function warn(
  tables: readonly { readonly needs: OwnNeeds }[],
  components: AppComponents,
  audit: Audit,
): void {
  for (const { needs } of tables) {
    const warning = needs.warningOf?.(components);
    if (warning !== undefined) audit.warn(warning);
  }
}

/** HEAD is answered as GET, without a body. */
function findIn(served: readonly Served[], action: Action): Found | undefined {
  const { method } = rawRequest(action);
  const verb = method === 'HEAD' ? 'GET' : method;
  let path: string | undefined;
  for (const one of served) {
    if (one.verb !== verb) continue;
    path ??= pathBelowMount(action);
    const params = path === undefined ? undefined : one.path.match(path);
    if (params !== undefined) return { served: one, params };
  }
  return undefined;
}

/** The pattern of the route below the mount through which the request came. */
function routeOf(action: Action, pattern: string): string {
  const [whole, below] = [matchedPath(action), pathBelowMount(action)];
  if (whole !== undefined && below !== undefined && whole.endsWith(below)) {
    return whole.slice(0, whole.length - below.length) + pattern;
  }
  // Logged, and answered with 500.
  throw new Error(
    'The path of the mount cannot be known: mount the routes once, and rewrite no path of them',
  );
}

function middlewareFor(find: (action: Action) => Found | undefined, settled: Settle): Middleware {
  /** Never rejects. */
  const serve = async ({ served, params }: Found, action: Action): Promise<void> => {
    const { answers, calls, route } = served;
    try {
      // After the body is read, a client that has gone has no address any more.
      peerOf(rawRequest(action).socket);
      const granted: unknown = await calls.authorize(action);
      if (granted !== true) throw new Error('A guard was decided in an unknown way');
      const reply = await settled(() => calls.within(action, () => route.reply(answers, action, params)));
      writeOwnReply(action, reply);
    } catch (error) {
      calls.refuse(error, action);
    }
  };
  return forEveryHost({
    koa: async (context, next) => {
      const action: Action = { request: context.request, response: context.response, context, next };
      const found = find(action);
      if (found === undefined) await next();
      else await serve(found, action);
    },
    express: (request, response, next) => {
      const action: Action = { request, response, next };
      const found = find(action);
      if (found === undefined) next();
      else void serve(found, action);
    },
    node: async (request, response) => {
      const action: Action = { request, response };
      const found = find(action);
      if (found === undefined) return true;
      await serve(found, action);
      return false;
    },
  });
}
