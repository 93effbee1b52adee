/**
 * Finds routes that an earlier route hides which does not ask for the same: of several routes that match a request
 * the host runs the first one that was registered, and only its guard.
 *
 * A route is hidden as a whole, or for some of its methods (`@All`, and HEAD, which GET answers), or for a
 * choice of its optional parameters. A more special route before a more general one is not such a case.
 */
import type { CompiledAction } from '../compiled';
import { type Requirement, requirementsOf } from '../../rules/normal-form';
import { samplesOf } from './regexp-samples';
import { RouteIndex } from './route-index';
import { type Part, RoutePattern, type Samples } from './route-pattern';

/** A route and an earlier route that answers for it. */
export interface Shadow {
  readonly later: CompiledAction;
  readonly earlier: CompiledAction;
}

interface Hiding extends Shadow {
  /** True when the later route asks for something that the earlier one does not ask for. */
  readonly isUnguarded: boolean;
}

/** A route as it is matched. */
interface Route {
  readonly compiled: CompiledAction;
  /** Equal for routes that match the same paths. */
  readonly key: string;
  /** Undefined for a text that no host takes as a route. */
  readonly expression: RegExp | undefined;
  readonly pattern: RoutePattern | undefined;
}

/** Paths of a route that are written in one of the ways that it may be written in. */
interface Known {
  readonly samples: Samples;
  /** Undefined where no path is known, and for a regular expression. */
  readonly parts: readonly Part[] | undefined;
}

/** What is left of a route where no earlier one answers: methods, for each choice of its optional parts. */
interface Left extends Known {
  readonly methods: Set<string>;
}

/** One way to write the paths of a route, and what it answers there: `ALL` for the methods that no route names. */
export interface Served {
  readonly parts: readonly Part[];
  readonly methods: ReadonlySet<string>;
}

/** A route with what the earlier ones leave to it. */
export interface ServedRoute {
  readonly compiled: CompiledAction;
  readonly served: readonly Served[];
  /** False where it may answer paths that are not known here. */
  readonly isWhole: boolean;
}

interface Found {
  readonly hidings: readonly Hiding[];
  readonly routes: readonly ServedRoute[];
  readonly methods: ReadonlySet<string>;
}

const found = new WeakMap<readonly CompiledAction[], Found>();

/** Each guarded route with every earlier route that answers some of its requests and asks for less, in order. */
export function findShadows(actions: readonly CompiledAction[]): readonly Shadow[] {
  return searched(actions)
    .hidings.filter(({ isUnguarded }) => isUnguarded)
    .map(({ later, earlier }) => ({ later, earlier }));
}

/** Each route with every earlier route that answers some of its requests and asks for something else, or more. */
export function findHidden(actions: readonly CompiledAction[]): readonly Shadow[] {
  return searched(actions).hidings;
}

/**
 * Each route with the paths and methods that no earlier one answers, in order, and the methods that any route names.
 * A route that is hidden as a whole has none.
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

  /** As if there were no earlier routes. */
  private asWritten(route: Route): Left[] {
    const { method } = route.compiled.access;
    const methods = method === 'ALL' ? this.methods : methodsOf(method);
    return knownPaths(route).map((known) => ({ ...known, methods: new Set(methods) }));
  }

  /** Takes off what is left of a route what earlier ones answer. */
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

  /** Takes off what an earlier route answers; false where that is nothing. */
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
  // A match must not depend on the one before it, as with the flags g and y.
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

/** For each choice of its optional parts; where no path is known, one choice without any. */
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

/** How many ways there are to write a path of the route. */
function choiceCount({ pattern }: Route): number {
  return pattern === undefined ? 1 : 2 ** pattern.optionalCount;
}

/** An expression that is not anchored takes longer paths too. */
function withSurroundings(path: string): string[] {
  return [path.startsWith('/') ? path : `/${path}`, `/x${path}`, `${path}/x`, `${path}x`];
}

function matches(earlier: Route, later: Route, samples: Samples): boolean {
  if (earlier.key === later.key) return true;
  const { expression } = earlier;
  return expression !== undefined && samples.length > 0 && samples.every((path) => expression.test(path));
}

/** The methods of the requests that a route answers. ALL stands for those that no route names. */
function methodsOf(method: string): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

/** True for a route that answers a method of the very paths of another: it was written in view of that one. */
function isOwnMethod(earlier: Route, later: Route): boolean {
  const answered = methodsOf(earlier.compiled.access.method);
  const isWhole = methodsOf(later.compiled.access.method).every((method) => answered.includes(method));
  return earlier.key === later.key && !isWhole && !answered.includes('ALL');
}
