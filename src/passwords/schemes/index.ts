/**
 * All ways of writing down hashes that are read. A scheme is found by how the hash begins, and only that one is
 * asked; what none recognises, or the one does not read completely, never matches.
 */
import { bcrypt } from './bcrypt';
import type { Scheme } from './scheme';

const SCHEMES: readonly Scheme[] = [bcrypt];

/** Far above what any readable hash has. */
const MAX_HASH_LENGTH = 2048;

export function schemeOf(hash: unknown): Scheme | undefined {
  if (typeof hash !== 'string' || hash.length > MAX_HASH_LENGTH) return undefined;
  return SCHEMES.find((scheme) => scheme.recognises(hash));
}
