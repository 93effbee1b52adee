import type { SecurityRequest } from '../../core/request';
import { silencePromisesIn } from '../../core/silence';
import type { FamilyParts } from './parts';
import { bindingOf } from './refresh-token';

/**
 * The digest of the client that a family is bound to, or is compared with.
 * @throws TypeError when `refresh.client` needs the request and it is missing
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
  // An async function returns a promise, which may reject.
  silencePromisesIn(value);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new TypeError('refresh.client must return a text or undefined');
  return bindingOf(familySecret, value);
}
