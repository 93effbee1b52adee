/**
 * The library's own endpoints, independent of the host: a table of routes and what they need of the app. For apps of
 * routing-controllers a table becomes a controller class, for apps of plain routers a middleware.
 */
import type { AppComponents } from '../components/app-components';
import type { Constructor } from '../components/constructor';
import type { Action } from '../core/exchange';
import type { Answers } from '../decorators/answers';
import { ConfigurationError } from '../errors';
import type { OwnReply } from '../http/own-reply';
import type { RouteParams } from '../http/route-parameter';
import { isFunction, kind } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';

export interface OwnRoute {
  readonly verb: 'get' | 'post' | 'put' | 'delete';
  /** Under the path of the table. */
  readonly path: string;
  /** True if anybody may call it; otherwise only authenticated users. */
  readonly isPublic?: boolean | undefined;
  /** Answers a request that may call the route. */
  readonly reply: (answers: Answers, action: Action, params: RouteParams) => Promise<OwnReply>;
}

/** The parts of an app in which a table looks for what it needs. */
export type NeedsComponents = Pick<AppComponents, 'providers' | 'userstores' | 'facts' | 'resolve'>;

/** The requirements of a table on the app. Each function is called when an app with the table starts. */
export interface OwnNeeds {
  /** Called before the app starts. @throws ConfigurationError if the app lacks a component that the routes need */
  readonly refuseUnmet?: (components: NeedsComponents) => void;
  /**
   * Starts services, once the providers have started.
   * @throws ConfigurationError when a service does not have the required class
   */
  readonly onStart?: (components: NeedsComponents) => void;
  /** A warning about a set-up that is seldom intended, once the providers have started; undefined if it is fine. */
  readonly warningOf?: (components: NeedsComponents) => string | undefined;
  /**
   * The line that is printed at the start for a route; undefined if there is no line.
   * @param isBelowMount true if the app may mount the route under a path that is not known yet
   * @throws ConfigurationError for an invalid route
   */
  readonly announce?: (route: string, isBelowMount: boolean) => string | undefined;
}

export interface OwnTable {
  /** The name of the function that made it, for messages: `sessionController()`, `sessionRoutes()`. */
  readonly call: string;
  readonly path: string;
  /** By the name of their actions. */
  readonly routes: Readonly<Record<string, OwnRoute>>;
  readonly needs: OwnNeeds;
}

/** A class that the app's container creates; an instance is refused. */
export function classOf<T>(): Kind<Constructor<T>> {
  return kind('must be a class', isFunction);
}

/** The path of a table. */
export const TABLE_PATH = kind<string>(
  'must be a path such as /session: no parameters, no slash at the end, and no dot segments',
  (value) => typeof value === 'string' && /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/.test(value),
);

/**
 * The lines that are printed at the start for the routes of tables.
 * @throws ConfigurationError when two tables have the same line: only one of them could answer the route
 */
export function announcements(
  routes: readonly { readonly table: OwnTable; readonly route: string }[],
  isBelowMount: boolean,
): readonly string[] {
  const lines: string[] = [];
  for (const { table, route } of routes) {
    const line = table.needs.announce?.(route, isBelowMount);
    if (line === undefined) continue;
    if (lines.includes(line)) {
      throw new ConfigurationError(`${table.call}: two have the same \`path\`, ${route}`);
    }
    lines.push(line);
  }
  return lines;
}
