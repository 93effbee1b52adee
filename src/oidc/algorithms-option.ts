import type { Kind } from '../util/parse-options';
import { ALGORITHMS } from './public-key';

/**
 * Algorithms with a public key only: with a symmetric algorithm every verifier could also sign, and with `none` anybody
 * could.
 */
export function algorithms(defaults: readonly string[] = ALGORITHMS): Kind<readonly string[]> {
  return (value, name, report) => {
    if (value === undefined) return defaults;
    const names: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [];
    if (names.length === 0 || !names.every((one) => typeof one === 'string' && ALGORITHMS.includes(one))) {
      report(`${name} must be a list of at least one of ${ALGORITHMS.join(', ')}`);
    }
    return Object.freeze([...names]) as readonly string[];
  };
}
