/** What an error of a provider may say for the reply: it comes from the app's code, and is read with care. */
import type { ChallengeParams } from '../errors';
import { sendableHeaders } from '../http/reply';

const NAMES = ['error', 'scope', 'max_age', 'acr_values'] as const;

/** Printable ASCII; longer ones are no parameters of a challenge. */
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

/** Headers that a refusal states itself. */
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
