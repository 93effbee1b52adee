/**
 * Checks every options object: all its mistakes are reported at once, by component and option. An unknown name is a
 * mistake, because a misspelt one would leave a protection off; null is a mistake too. No value is quoted.
 */
import { ConfigurationError } from '../errors';
import { printable } from './printable';

/** Returns the value of an option, or reports its fault. */
export type Kind<T> = (value: unknown, name: string, report: (problem: string) => void) => T;

/** The options of an object, each with its kind. */
export type Shape = Readonly<Record<string, Kind<unknown>>>;

export type Values<S extends Shape> = { readonly [Name in keyof S]: ReturnType<S[Name]> };

/**
 * The values of the options, with their defaults; undefined is an empty object.
 * @param place the option that holds the object; empty for the options themselves
 * @throws ConfigurationError that names the component and every unknown option or invalid value
 */
export function parseOptions<S extends Shape>(
  component: string,
  options: unknown,
  shape: S,
  place = '',
): Values<S> {
  const problems: string[] = [];
  const values = objectOf(shape)(options === undefined ? {} : options, place, (problem) => {
    problems.push(problem);
  });
  if (problems.length > 0) throw new ConfigurationError(`${component}: ${problems.join('; ')}`);
  return values;
}

/** A nested options object. */
export function objectOf<S extends Shape>(shape: S): Kind<Values<S>> {
  const known = Object.keys(shape);
  return (value, place, report) => {
    const where = place === '' ? 'the options' : place;
    // Inherited properties would be read without having been checked.
    if (!isPlainObject(value)) {
      report(`${where} must be an object${place === '' ? '' : ` (known: ${known.join(', ')})`}`);
      return {} as Values<S>;
    }
    const nameOf = (key: string): string => (place === '' ? key : `${place}.${key}`);
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'string' && known.includes(key)) continue;
      const name = JSON.stringify(printable(String(key), 100));
      report(`${where} must not have ${name} (known: ${known.join(', ')})`);
    }
    const own = (key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
    return Object.fromEntries(
      Object.entries(shape).map(([key, kind]) => [key, kind(own(key), nameOf(key), report)]),
    ) as Values<S>;
  };
}

/**
 * Undefined if the value is a TypeDI container. TypeDI passes its container to the last parameter of a constructor; in
 * a subclass without a constructor it arrives in place of the options.
 */
export function withoutContainer(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || isPlainObject(options)) return options;
  const isContainer = CONTAINER_METHODS.every((name) => typeof Reflect.get(options, name) === 'function');
  return isContainer ? undefined : options;
}

const CONTAINER_METHODS = ['get', 'getMany', 'has', 'set', 'remove', 'reset'];

/** Accepts objects of another realm, such as that of a test runner. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return (
    typeof prototype === 'object' &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  );
}
