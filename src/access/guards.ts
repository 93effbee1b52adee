/**
 * Finds every guard of an action, those included that the host would lose.
 *
 * routing-controllers looks at the controller class itself only, keeps one guard of several and adds class
 * and method roles up. Here all class guards on the way up and the nearest method guard count, each as a
 * level of its own.
 */
import { getMetadataArgsStorage } from 'routing-controllers';
import type { AccessLevel } from '../core/access';
import { isPublic } from '../decorators/public';
import { ConfigurationError } from '../errors';
import { toRule } from './rules';

/** What protects an action when neither it nor its classes say anything. */
export type DefaultAccess = 'public' | 'authenticated';

export interface Guards {
  readonly levels: readonly AccessLevel[];
  readonly openedBy: string | undefined;
}

/** The class and its bases, the class first. */
export function classChain(cls: object): { name: string; prototype: object }[] {
  const chain: { name: string; prototype: object }[] = [];
  for (let next: unknown = cls; isClass(next); next = Object.getPrototypeOf(next)) chain.push(next);
  return chain;
}

/**
 * The effective guards of a controller's action.
 * @throws ConfigurationError for malformed roles and for a `@Public()` that contradicts a guard.
 */
export function guardsOf(controller: object, method: string, defaultAccess: DefaultAccess): Guards {
  const chain = classChain(controller);
  refuseContradictions(chain, method);
  const classLevels = chain.map((cls, index) => guardsOn(cls, undefined, index > 0));
  const from = chain.findIndex((cls) => guardsOn(cls, method).length > 0 || isPublic(cls, method));
  const owner = chain[from];
  if (owner !== undefined && isPublic(owner, method)) {
    // A base's @Public() speaks for itself and what is above it, never for a guarded subclass.
    const levels = classLevels.slice(0, from).flat();
    return { levels, openedBy: levels.length === 0 ? `@Public() on ${owner.name}.${method}` : undefined };
  }
  const levels = [...classLevels.flat(), ...(owner === undefined ? [] : guardsOn(owner, method))];
  if (levels.length > 0) return { levels, openedBy: undefined };
  const opener = publicClass(chain, method);
  if (opener !== undefined) return { levels, openedBy: `@Public() on class ${opener}` };
  if (defaultAccess === 'public') return { levels, openedBy: undefined };
  return { levels: [{ rule: toRule(undefined, 'default'), source: 'default' }], openedBy: undefined };
}

/** A class's @Public() opens the actions that it or a base implements, not what a subclass adds. */
function publicClass(chain: { name: string; prototype: object }[], method: string): string | undefined {
  const implementer = chain.findIndex((cls) => Object.hasOwn(cls.prototype, method));
  return chain.find((cls, index) => index <= implementer && isPublic(cls))?.name;
}

function guardsOn(cls: { name: string }, method?: string, isBase = false): AccessLevel[] {
  const target = method === undefined ? `class ${cls.name}` : `${cls.name}.${method}`;
  const source = isBase ? `base ${target}` : target;
  return getMetadataArgsStorage()
    .responseHandlers.filter(
      (handler) =>
        handler.type === 'authorized' &&
        (handler.target as object) === cls &&
        // The host leaves the method of a class guard undefined; an empty name would be a class guard too.
        (handler.method as string | undefined) === method,
    )
    .map((handler) => ({ rule: toRule(handler.value as unknown, `@Authorized on ${target}`), source }));
}

function refuseContradictions(chain: { name: string }[], method: string): void {
  chain.forEach((cls, index) => {
    if (isPublic(cls, method) && guardsOn(cls, method).length > 0) {
      throw new ConfigurationError(`${cls.name}.${method} has both @Public() and @Authorized: keep one`);
    }
    if (!isPublic(cls)) return;
    if (guardsOn(cls).length > 0) {
      throw new ConfigurationError(`class ${cls.name} has both @Public() and @Authorized: keep one`);
    }
    const guarded = chain.slice(index + 1).find((base) => guardsOn(base).length > 0);
    if (guarded === undefined) return;
    throw new ConfigurationError(
      `class ${cls.name} has @Public() but its base ${guarded.name} has @Authorized: ` +
        'put @Public() on the methods that are to be open',
    );
  });
}

function isClass(value: unknown): value is { name: string; prototype: object } {
  return typeof value === 'function' && value !== Function.prototype;
}
