import type { SecurityRequest } from '../../core/request';
import { silencePromisesIn } from '../../core/silence';
import type { FamilyParts } from './parts';
import { bindingOf } from './refresh-token';

/**
 * What a family is bound to, or held against.
 * @throws TypeError without the request that it is read from
 */
export function clientOf(
  { settings: { client } }: FamilyParts,
  call: string,
  familySecret: string,
  request: SecurityRequest | undefined,
): string | undefined {
  if (client === undefined) return undefined;
  if (request === undefined) {
    throw new TypeError(`TokenService.${call}() needs the request, because of the option refresh.client`);
  }
  const value: unknown = client(request);
  // Of an async function.
  silencePromisesIn(value);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new TypeError('refresh.client must return a text or undefined');
  return bindingOf(familySecret, value);
}
