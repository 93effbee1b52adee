import { ConfigurationError } from '../errors';
import { bcrypt, type BcryptSettings } from './schemes/bcrypt';
import type { MakingScheme } from './schemes/scheme';

/** What new hashes are. Who leaves a number out gets the one that OWASP advises. */
export type NewHashes = BcryptHashes;

export interface BcryptHashes {
  scheme: 'bcrypt';
  /** 4 to 15; each step doubles the time. Below 10 is for tests. @default 12 */
  cost?: number;
}

/** {@link NewHashes} with all numbers. */
export type HashSettings = BcryptSettings;

/** @throws ConfigurationError for an unknown scheme and for numbers out of bounds */
export function hashSettings(options: NewHashes = { scheme: 'bcrypt' }): HashSettings {
  const { scheme } = Object(options) as { scheme?: unknown };
  switch (scheme) {
    case 'bcrypt':
      return { scheme, cost: whole(options, 'cost', 12, 4, 15) };
    default:
      throw new ConfigurationError('Passwords: newHashes.scheme must be bcrypt');
  }
}

/** The scheme that such settings belong to. */
export function makerOf(settings: HashSettings): MakingScheme<HashSettings> {
  return { bcrypt }[settings.scheme];
}

function whole(options: object, name: string, fallback: number, min: number, max: number): number {
  const value: unknown = Reflect.get(options, name) ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigurationError(
    `Passwords: newHashes.${name} must be a whole number from ${String(min)} to ${String(max)}`,
  );
}
