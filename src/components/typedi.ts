/**
 * TypeDI, if the app has it: an optional peer. Without it, and without the option `container`, a container of the
 * library creates classes without constructor parameters.
 */
import type * as TypeDi from 'typedi';
import { ConfigurationError } from '../errors';
import type { Constructor, ContainerLike } from './constructor';

export const typeDi = load();

function load(): typeof TypeDi | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an app may have another container
    return require('typedi') as typeof TypeDi;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The container of an app that sets none: TypeDI's global container, or else that of the library. */
export function defaultContainer(): ContainerLike {
  return typeDi?.Container ?? bareContainer;
}

/** Registers a class with TypeDI as a singleton, unless `@Service()` or `Container.set` already did. */
export function registerService(cls: Constructor<unknown>): void {
  if (typeDi === undefined || typeDi.Container.has(cls)) return;
  typeDi.Container.set({ id: cls, type: cls });
}

/** Keeps one instance of each class. It does not inject any parameters. */
export class BareContainer implements ContainerLike {
  private readonly instances = new Map<Constructor<unknown>, unknown>();

  /** @throws ConfigurationError for a class with required constructor parameters */
  get<T>(cls: Constructor<T>): T {
    if (!this.instances.has(cls)) this.instances.set(cls, this.create(cls));
    return this.instances.get(cls) as T;
  }

  private create<T>(cls: Constructor<T>): T {
    if (!asksForSomething(cls)) return new cls();
    throw new ConfigurationError(
      `${cls.name} has constructor parameters and nothing injects them: npm install typedi, or set the option ` +
        '`container` to one with get(cls), or give the constructor none',
    );
  }
}

const bareContainer = new BareContainer();

/** True if the constructor that a class has, or inherits, has a required parameter. */
function asksForSomething(cls: object): boolean {
  for (let next: unknown = cls; typeof next === 'function'; next = Object.getPrototypeOf(next)) {
    if (next.length > 0) return true;
    if (!INHERITS_CONSTRUCTOR.test(Function.prototype.toString.call(next))) return false;
  }
  return false;
}

/** Matches the source text of a class without a constructor of its own. */
const INHERITS_CONSTRUCTOR = /^class\b(?!.*(?<![.\w$])constructor\s*\()/s;
