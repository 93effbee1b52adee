import { invalid, signCompact, verifyCompact, type JwsKey, type JwsKeys } from './jws';
import { parseJsonObject, type JsonObject } from './json';

/**
 * The `typ` of every token that is issued, and the only accepted `typ`: no other kind of token, signed for another
 * purpose under the same key, passes as an access token.
 * @see RFC 8725 section 3.11, RFC 9068 section 2.1
 */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** A signed JSON Web Token of the given type. */
export function signJwt(key: JwsKey, claims: JsonObject, type: string = ACCESS_TOKEN_TYPE): string {
  return signCompact(key, { typ: type }, JSON.stringify(claims));
}

/**
 * The claims of a token that the key, or one of the keys, has signed and that has the given `typ`. The claims are not
 * checked here; {@link readClaims} does that.
 * @throws TokenInvalidError for everything else.
 * @see RFC 7519 section 7.2
 */
export function verifyJwt(
  keys: JwsKey | JwsKeys,
  token: string,
  type: string = ACCESS_TOKEN_TYPE,
): JsonObject {
  return openJwt(keys, token, type).claims;
}

/** {@link verifyJwt}, together with the key that made the signature. */
export function openJwt(
  keys: JwsKey | JwsKeys,
  token: string,
  type: string = ACCESS_TOKEN_TYPE,
): { readonly key: JwsKey; readonly claims: JsonObject } {
  const { key, header, payload } = verifyCompact(keys, token);
  if (!Object.hasOwn(header, 'typ') || !isMediaType(header['typ'], type)) throw invalid(`typ is not ${type}`);
  const claims = parseJsonObject(payload);
  if (claims === undefined) throw invalid('The payload is no claims set');
  return { key, claims };
}

/** Media types compare without case, and `application/` may be left out (RFC 7515 section 4.1.9). */
function isMediaType(value: unknown, type: string): boolean {
  return (
    typeof value === 'string' && value.toLowerCase().replace(/^application\//, '') === type.toLowerCase()
  );
}
