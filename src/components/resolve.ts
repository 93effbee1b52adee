import { ConfigurationError } from '../errors';
import type { Constructor, ContainerLike } from './constructor';
import { injectionFault } from './injection';
import { isTypeDi, knownService, rememberService } from './known-service';
import { registerService } from './typedi';

/**
 * Resolves a class from the container at every call, so that a replaced instance takes effect at once.
 * @throws ConfigurationError if the class would get TypeDI's container as a constructor argument
 */
export function resolve<T>(container: ContainerLike, cls: Constructor<T>): T {
  if (!isTypeDi(container)) return container.get(cls);
  const value: unknown = knownService(container, cls)?.value;
  return isMade(value) ? (value as T) : resolveFromTypeDi(container, cls);
}

/** An undefined value may not be set at all, and a symbol stands for a value that has not been created yet. */
function isMade(value: unknown): boolean {
  return value !== undefined && typeof value !== 'symbol';
}

function resolveFromTypeDi<T>(container: ContainerLike, cls: Constructor<T>): T {
  // A container emptied by a reset no longer knows the class; the registry's list does.
  if (knownService(container, cls) === undefined) registerService(cls);
  const fault = injectionFault(container, cls);
  if (fault !== undefined) throw new ConfigurationError(fault);
  const value = container.get(cls);
  rememberService(container, cls, value);
  return value;
}

/**
 * Resolves a class at start and makes sure that it has the method that its decorator requires.
 * @throws ConfigurationError that names the class if its constructor throws, the method is missing or the container
 * makes a new instance each time.
 */
export function resolveAtStart<T extends object>(
  container: ContainerLike,
  cls: Constructor<T>,
  method: keyof T & string,
  decorator: string,
): T {
  let instance: unknown;
  try {
    instance = resolve(container, cls);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`${decorator} ${cls.name} cannot be created: ${reason}`, { cause });
  }
  if (!isObject(instance) || typeof instance[method] !== 'function') {
    throw new ConfigurationError(
      `${decorator} ${cls.name} has no method ${method}(): add it, or take the decorator away`,
    );
  }
  if (resolve<unknown>(container, cls) !== instance) {
    throw new ConfigurationError(
      `${decorator} ${cls.name} is created anew each time that it is asked for: make it a singleton ` +
        '(a plain @Service(), or none)',
    );
  }
  return instance as T;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
