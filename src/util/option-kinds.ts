/** The kinds of option values, for {@link parseOptions}. */
import type { Kind } from './parse-options';

/** @param must the requirement in words that follow the option's name: 'must be true or false' */
export function kind<T>(must: string, accepts: (value: unknown) => boolean): Kind<T> {
  return (value, name, report) => {
    if (!accepts(value)) report(`${name} ${must}`);
    return value as T;
  };
}

/** Undefined means the default; null is a mistake. */
export function optional<T>(of: Kind<T>): Kind<T | undefined>;
export function optional<T>(of: Kind<T>, fallback: T): Kind<T>;
export function optional<T>(of: Kind<T>, fallback?: T): Kind<T | undefined> {
  return (value, name, report) => (value === undefined ? fallback : of(value, name, report));
}

export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Kind<number> {
  return kind(
    `must be a whole number from ${String(min)} to ${String(max)}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  );
}

export function oneOf<const T extends readonly unknown[]>(...values: T): Kind<T[number]> {
  const texts = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const last = texts.pop() ?? '';
  const must = texts.length === 0 ? `must be ${last}` : `must be ${texts.join(', ')} or ${last}`;
  return kind(must, (value) => values.includes(value));
}

/** An object or class that has the methods. */
export function withMethods<T>(...names: readonly string[]): Kind<T> {
  return kind(`must have ${names.map((name) => `${name}()`).join(', ')}`, (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    return isObject && names.every((name) => typeof Reflect.get(value, name) === 'function');
  });
}

export function listOf<T>(things: string, accepts: (value: unknown) => value is T): Kind<readonly T[]> {
  // every() alone skips the holes of a sparse list.
  return kind(
    `must be a list of ${things}`,
    (value) => Array.isArray(value) && !Array.from(value).some((part) => !accepts(part)),
  );
}

/** For options that are checked elsewhere. */
export function unchecked<T>(): Kind<T> {
  return (value) => value as T;
}

export const flag: Kind<boolean> = oneOf(true, false);
export const text: Kind<string> = kind('must be a non-empty string', isText);

export function callable<T>(): Kind<T> {
  return kind('must be a function', isFunction);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function isFunction(value: unknown): value is (...parameters: never[]) => unknown {
  return typeof value === 'function';
}
