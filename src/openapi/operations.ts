/** The operations of a document: those that the app really serves, as far as OpenAPI can express them. */
import type { CompiledAction } from '../access/compiled';
import { RoutePattern } from '../access/warnings/route-pattern';
import { findServed, type ServedRoute } from '../access/warnings/shadowing';
import { type PathParameter, type PathTemplate, shapeOf, templateOf } from './path-template';

/** The fixed fields of a path item. @see OpenAPI Specification 3.1.1 section 4.8.9 */
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

export type Method = (typeof METHODS)[number];

export interface ListedParameter extends PathParameter {
  /** Its name in the document, taken from the first route with this path. */
  readonly listedAs: string;
}

export interface ListedOperation {
  readonly compiled: CompiledAction;
  readonly method: Method;
  /** The path with the parameter names of the document. */
  readonly path: string;
  /** The path with the route's own parameter names. */
  readonly own: PathTemplate;
  /** The route with all its optional parts; undefined if OpenAPI cannot express it. */
  readonly whole: PathTemplate | undefined;
  readonly parameters: readonly ListedParameter[];
}

export interface Listing {
  /** In the order of the routes. */
  readonly operations: readonly ListedOperation[];
  /** The routes that the document cannot express, or only in part. */
  readonly unlisted: readonly CompiledAction[];
}

/** The operations of a server's actions. A route that an earlier one hides is in neither list. */
export function listOperations(compiled: readonly CompiledAction[]): Listing {
  const { routes, methods } = findServed(compiled);
  const list = new OperationList(methods);
  for (const route of routes) list.add(route);
  return list;
}

class OperationList implements Listing {
  readonly operations: ListedOperation[] = [];
  readonly unlisted: CompiledAction[] = [];
  /** The first path of each shape. */
  private readonly paths = new Map<string, PathTemplate>();
  private readonly taken = new Map<string, CompiledAction>();

  /** @param named the methods that any route of the app names */
  constructor(private readonly named: ReadonlySet<string>) {}

  add({ compiled, served, isWhole }: ServedRoute): void {
    const whole = served.length === 0 ? undefined : wholeOf(compiled);
    let isStated = isWhole;
    // The order of the routers: the shortest first, and for two of the same shape the one with the earlier parameters.
    for (const { parts, methods } of served.toReversed()) {
      const own = templateOf(parts);
      const answered = this.answered(compiled, methods);
      if (own === undefined || answered.length === 0) isStated = false;
      else for (const method of answered) isStated = this.list(compiled, method, own, whole) && isStated;
    }
    if (!isStated) this.unlisted.push(compiled);
  }

  private answered({ access }: CompiledAction, left: ReadonlySet<string>): Method[] {
    return METHODS.filter((method) => {
      const name = method.toUpperCase();
      if (access.method !== 'ALL') return access.method === name && left.has(name);
      return method !== 'trace' && left.has(this.named.has(name) ? name : 'ALL');
    });
  }

  /** False if another route has the operation. */
  private list(
    compiled: CompiledAction,
    method: Method,
    own: PathTemplate,
    whole: PathTemplate | undefined,
  ): boolean {
    const shape = shapeOf(own.path);
    const first = this.paths.get(shape) ?? own;
    const key = `${method} ${shape}`;
    const parameters = own.parameters.map((parameter, at) => ({
      ...parameter,
      listedAs: first.parameters[at]?.name ?? parameter.name,
    }));
    const holder = this.taken.get(key);
    if (holder !== undefined) return holder === compiled;
    this.taken.set(key, compiled);
    this.paths.set(shape, first);
    this.operations.push({ compiled, method, path: first.path, own, whole, parameters });
    return true;
  }
}

function wholeOf({ access: { route } }: CompiledAction): PathTemplate | undefined {
  return templateOf(new RoutePattern(route).choices()[0]?.parts ?? []);
}
