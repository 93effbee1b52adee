/**
 * Finds routes that are hidden by an earlier route with other requirements: if several routes match a request, the host
 * runs only the one that was registered first, and only its guard.
 *
 * A route is hidden as a whole, or for some of its methods (`@All`, and HEAD, which GET answers), or for a choice of
 * its optional parameters. A more specific route before a more general one is no such case.
 */
import type { CompiledAction } from '../compiled';
import { type Requirement, requirementsOf } from '../../rules/normal-form';
import { samplesOf } from './regexp-samples';
import { RouteIndex } from './route-index';
import { type Part, RoutePattern, type Samples } from './route-pattern';

/** A route and an earlier route that answers in its place. */
export interface Shadow {
  readonly later: CompiledAction;
  readonly earlier: CompiledAction;
}

interface Hiding extends Shadow {
  /** True if the later route has a requirement that the earlier one lacks. */
  readonly isUnguarded: boolean;
}

/** A route in the form that is matched. */
interface Route {
  readonly compiled: CompiledAction;
  /** Equal for routes that match the same paths. */
  readonly key: string;
  /** Undefined for a text that no host accepts as a route. */
  readonly expression: RegExp | undefined;
  readonly pattern: RoutePattern | undefined;
}

/** Paths of one spelling of a route. */
interface Known {
  readonly samples: Samples;
  /** Undefined if no path is known, and for a regular expression. */
  readonly parts: readonly Part[] | undefined;
}

/** The part of a route that no earlier route answers: methods, for each choice of its optional parts. */
interface Left extends Known {
  readonly methods: Set<string>;
}

/**
 * One spelling of a route's paths, and the methods that it answers there: `ALL` stands for the methods that no route
 * names.
 */
export interface Served {
  readonly parts: readonly Part[];
  readonly methods: ReadonlySet<string>;
}

/** A route with the part that earlier routes leave to it. */
export interface ServedRoute {
  readonly compiled: CompiledAction;
  readonly served: readonly Served[];
  /** False if it may answer further paths that are unknown here. */
  readonly isWhole: boolean;
}

interface Found {
  readonly hidings: readonly Hiding[];
  readonly routes: readonly ServedRoute[];
  readonly methods: ReadonlySet<string>;
}

const found = new WeakMap<readonly CompiledAction[], Found>();

/** Each guarded route with every earlier route that answers some of its requests and requires less, in order. */
export function findShadows(actions: readonly CompiledAction[]): readonly Shadow[] {
  return searched(actions)
    .hidings.filter(({ isUnguarded }) => isUnguarded)
    .map(({ later, earlier }) => ({ later, earlier }));
}

/** Each route with every earlier route that answers some of its requests and has other or more requirements. */
export function findHidden(actions: readonly CompiledAction[]): readonly Shadow[] {
  return searched(actions).hidings;
}

/**
 * Each route with the paths and methods that no earlier route answers, in order, and the methods that any route names.
 * A route that is hidden as a whole has no paths.
 */
export function findServed(actions: readonly CompiledAction[]): Pick<Found, 'routes' | 'methods'> {
  return searched(actions);
}

function searched(actions: readonly CompiledAction[]): Found {
  const known = found.get(actions) ?? new ShadowSearch(actions).search();
  found.set(actions, known);
  return known;
}

class ShadowSearch {
  private readonly routes: readonly Route[];
  private readonly index = new RouteIndex();
  private readonly byKey = new Map<string, number[]>();
  private readonly asked = new Map<CompiledAction, readonly Requirement[]>();
  private readonly methods: ReadonlySet<string>;

  constructor(actions: readonly CompiledAction[]) {
    this.routes = actions.map(toRoute);
    this.methods = new Set(actions.flatMap(({ access }) => methodsOf(access.method)));
    for (const [number, { key, pattern, expression }] of this.routes.entries()) {
      const same = this.byKey.get(key) ?? [];
      this.byKey.set(key, same);
      same.push(number);
      if (pattern !== undefined) this.index.addRoute(number, pattern);
      else this.index.addExpression(number, expression?.source ?? '');
    }
  }

  search(): Found {
    const hidings: Hiding[] = [];
    const routes = this.routes.map((later, number): ServedRoute => {
      const left = this.asWritten(later);
      hidings.push(...this.hidingsOf(later, number, left));
      const served = left.flatMap(({ parts, methods }) =>
        parts === undefined || methods.size === 0 ? [] : [{ parts, methods }],
      );
      const isKnown = left.every(({ parts, methods }) => parts !== undefined || methods.size === 0);
      return { compiled: later.compiled, served, isWhole: isKnown && left.length === choiceCount(later) };
    });
    return { hidings, routes, methods: this.methods };
  }

  /** The paths and methods of a route as if there were no earlier routes. */
  private asWritten(route: Route): Left[] {
    const { method } = route.compiled.access;
    const methods = method === 'ALL' ? this.methods : methodsOf(method);
    return knownPaths(route).map((known) => ({ ...known, methods: new Set(methods) }));
  }

  /** Removes from `left` the part that earlier routes answer. */
  private hidingsOf(later: Route, number: number, left: readonly Left[]): Hiding[] {
    const hidings: Hiding[] = [];
    for (const before of this.candidates(later, left)) {
      if (before >= number) break;
      const earlier = this.routes[before];
      if (earlier === undefined || !this.takes(earlier, later, left)) continue;
      const isUnguarded = this.asksLess(earlier, later);
      if (!isOwnMethod(earlier, later) && (isUnguarded || this.asksLess(later, earlier))) {
        hidings.push({ later: later.compiled, earlier: earlier.compiled, isUnguarded });
      }
      if (left.every(({ methods }) => methods.size === 0)) break;
    }
    return hidings;
  }

  /** In the order of the routes. */
  private candidates(later: Route, left: readonly Left[]): Iterable<number> {
    const [first, ...others] = left.flatMap(({ samples }) => samples[0] ?? []);
    if (first === undefined) return this.byKey.get(later.key) ?? [];
    if (others.length === 0) return this.index.find(first);
    const numbers = new Set([first, ...others].flatMap((path) => [...this.index.find(path)]));
    return [...numbers].toSorted((a, b) => a - b);
  }

  /** Removes the part that an earlier route answers; false if it answers no part. */
  private takes(earlier: Route, later: Route, left: readonly Left[]): boolean {
    const { method } = earlier.compiled.access;
    const answered = method === 'ALL' ? this.methods : new Set(methodsOf(method));
    let isAny = false;
    for (const { samples, methods } of left) {
      const common = [...methods].filter((one) => answered.has(one));
      if (common.length === 0 || !matches(earlier, later, samples)) continue;
      for (const one of common) methods.delete(one);
      isAny = true;
    }
    return isAny;
  }

  private asksLess(earlier: Route, later: Route): boolean {
    const before = this.askedBy(earlier);
    return this.askedBy(later).some((requirement) => {
      const isAskedAnyway =
        'leaf' in requirement && requirement.leaf.kind === 'authenticated' && before.length > 0;
      return !isAskedAnyway && before.every(({ key }) => key !== requirement.key);
    });
  }

  private askedBy({ compiled }: Route): readonly Requirement[] {
    const asked = this.asked.get(compiled) ?? requirementsOf(compiled.access.levels);
    this.asked.set(compiled, asked);
    return asked;
  }
}

function toRoute(compiled: CompiledAction): Route {
  const { route, isPattern } = compiled.access;
  const { fullRoute } = compiled.action;
  const pattern = isPattern ? undefined : new RoutePattern(route);
  const source = pattern?.source ?? route;
  // Without the flags g and y, which would make a match depend on the previous one.
  const flags =
    pattern !== undefined ? 'i' : fullRoute instanceof RegExp ? fullRoute.flags.replace(/[gy]/g, '') : '';
  return { compiled, key: `${flags} ${source}`, expression: compileRoute(source, flags), pattern };
}

function compileRoute(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** The known paths for each choice of its optional parts; if no path is known, a single choice without paths. */
function knownPaths({ pattern, expression }: Route): readonly Known[] {
  const isMatched = (path: string) => path.startsWith('/') && expression?.test(path) === true;
  const choices: readonly Known[] = pattern?.choices() ?? [
    { parts: undefined, samples: samplesOf(expression?.source ?? '').flatMap(withSurroundings) },
  ];
  const known = choices
    .map(({ parts, samples }) => ({ parts, samples: samples.filter(isMatched) }))
    .filter(({ samples }) => samples.length > 0);
  return known.length > 0 ? known : [{ parts: undefined, samples: [] }];
}

/** Number of spellings of the route's paths. */
function choiceCount({ pattern }: Route): number {
  return pattern === undefined ? 1 : 2 ** pattern.optionalCount;
}

/** An expression without anchors matches longer paths too. */
function withSurroundings(path: string): string[] {
  return [path.startsWith('/') ? path : `/${path}`, `/x${path}`, `${path}/x`, `${path}x`];
}

function matches(earlier: Route, later: Route, samples: Samples): boolean {
  if (earlier.key === later.key) return true;
  const { expression } = earlier;
  return expression !== undefined && samples.length > 0 && samples.every((path) => expression.test(path));
}

/** The methods of the requests that a route answers. ALL stands for the methods that no route names. */
function methodsOf(method: string): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

/**
 * True if the earlier route answers only some methods of exactly the same paths: the later route was written with it in
 * mind.
 */
function isOwnMethod(earlier: Route, later: Route): boolean {
  const answered = methodsOf(earlier.compiled.access.method);
  const isWhole = methodsOf(later.compiled.access.method).every((method) => answered.includes(method));
  return earlier.key === later.key && !isWhole && !answered.includes('ALL');
}
