import { ConfigurationError } from '../errors';

/** @throws ConfigurationError for a value that is not a name: it never means "open" */
export function parseName(name: unknown, where: string, what: string): string {
  if (typeof name === 'string' && name !== '' && name === name.trim()) return name;
  throw new ConfigurationError(`${where}: ${what} must be a non-empty string without surrounding spaces`);
}

/** A name that could be read as words of a description is quoted. */
export function quoted(name: string): string {
  return /^[\w$.:@/*+-]+$/.test(name) ? name : JSON.stringify(name);
}
