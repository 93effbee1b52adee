import { ConfigurationError } from '../errors';

/**
 * An object of options that are all known: one that is misspelt must not leave a protection off.
 * @throws ConfigurationError for what is no object, or has another
 */
export function knownOptions(
  component: string,
  place: string,
  value: unknown,
  known: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError(`${component}: ${place} must be an object`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new ConfigurationError(`${component}: ${place} must not have ${JSON.stringify(unknown)}`);
  }
  return value as Record<string, unknown>;
}
