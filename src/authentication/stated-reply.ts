/**
 * Reads the challenge and headers that an error of a provider states for the reply. They come from the app's code and
 * are checked before use.
 */
import type { ChallengeParams } from '../errors';
import { sendableHeaders } from '../http/reply';

const NAMES = ['error', 'scope', 'max_age', 'acr_values'] as const;

/** Printable ASCII; a longer value is not a parameter of a challenge. */
const VALUE = /^[\x20-\x7e]{1,1000}$/;

/** The parameters of a challenge that can be sent. */
export function sendableParams(challenge: unknown): ChallengeParams {
  if (typeof challenge !== 'object' || challenge === null) return {};
  try {
    return Object.fromEntries(
      NAMES.map((name) => [name, Reflect.get(challenge, name) as unknown]).filter(
        ([, value]) => typeof value === 'string' && VALUE.test(value),
      ),
    ) as ChallengeParams;
  } catch {
    return {};
  }
}

/** Headers that an error response sets itself. */
const OF_A_REFUSAL: ReadonlySet<string> = new Set([
  'cache-control',
  'content-type',
  'retry-after',
  'vary',
  'www-authenticate',
]);

/** The headers that can be sent, in printable ASCII. */
export function sendableOf(headers: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sendableHeaders(headers)).flatMap(([name, value]) =>
      typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value) && !OF_A_REFUSAL.has(name.toLowerCase())
        ? [[name, value] as const]
        : [],
    ),
  );
}
