import type { Kind } from '../util/parse-options';
import { ALGORITHMS } from './public-key';

/** Algorithms with a public key: under a symmetric one whoever verifies could sign as well, under none everybody. */
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
