import { decodeBase64Url, parseJsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';

/** The parts of a token's header that are needed to verify it. */
export interface TokenHeader {
  readonly algorithm: string;
  readonly kid: string | undefined;
  /** True if the type leaves open whether it is an access token. */
  readonly isUntyped: boolean;
}

export interface HeaderPolicy {
  readonly algorithms: readonly string[];
  readonly type: 'auto' | 'at+jwt';
}

/** Node's limit for all headers of a request. */
const MAX_LENGTH = 16_384;

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Parameters that change the signed content or how the payload is read; none of them is supported. */
const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc'];

/** The header of a compact JWS. */
export interface JwsHeader {
  readonly algorithm: string;
  readonly kid: string | undefined;
  /** The result of {@link mediaType}; undefined if the header states no type. */
  readonly type: string | undefined;
}

/**
 * Reads the header of a canonically encoded token. A key in the header, or the location of a key, is ignored.
 * @throws TokenInvalidError when no key could verify the token
 * @see RFC 7515 section 4.1, RFC 8725 sections 3.1 and 3.10
 */
export function readJwsHeader(
  token: string,
  algorithms: readonly string[],
  maxLength = MAX_LENGTH,
): JwsHeader {
  if (token.length > maxLength) throw invalid('The token is too long');
  if (!COMPACT.test(token)) throw invalid('The token is no compact JWS');
  const [header, ...others] = token.split('.').map(decodeBase64Url);
  if (others.includes(undefined)) throw invalid('The token is not encoded canonically');
  const json = parseJsonObject(header);
  if (json === undefined) throw invalid('The header is not a JSON object, or not encoded canonically');
  const own = (name: string): unknown => (Object.hasOwn(json, name) ? json[name] : undefined);
  const [algorithm, kid] = [own('alg'), own('kid')];
  if (typeof algorithm !== 'string' || !algorithms.includes(algorithm))
    throw invalid('alg is not in the option algorithms');
  if (kid !== undefined && typeof kid !== 'string') throw invalid('kid is no text');
  if (UNSUPPORTED.some((name) => Object.hasOwn(json, name)))
    throw invalid('The header asks for an extension');
  if (mediaType(own('cty')) === 'jwt') throw invalid('Another token is nested in it');
  return { algorithm, kid, type: mediaType(own('typ')) };
}

/**
 * The same for an access token.
 * @throws TokenInvalidError when no key could make it an access token
 * @see RFC 9068 section 2.1, RFC 8725 section 3.11
 */
export function readTokenHeader(token: string, policy: HeaderPolicy): TokenHeader {
  const { algorithm, kid, type } = readJwsHeader(token, policy.algorithms);
  const isUntyped = type === undefined || type === 'jwt';
  if (type !== 'at+jwt' && !(isUntyped && policy.type === 'auto')) {
    throw invalid(
      policy.type === 'auto' ? 'typ is neither at+jwt nor JWT' : 'typ is not at+jwt, as the option type asks',
    );
  }
  return { algorithm, kid, isUntyped };
}

/** In lower case and without `application/`; empty if the value is not a media type. @see RFC 7515 section 4.1.9 */
export function mediaType(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value.toLowerCase().replace(/^application\//, '') : '';
}

/** Every untyped access token of the known issuers has at least one of these claims. */
const EVIDENCE = ['scope', 'scp', 'client_id', 'cid', 'azpacr', 'appidacr', 'gty', 'permissions'];
/** ID tokens, logout tokens and security events have these claims. */
const COUNTER_EVIDENCE = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

/**
 * True if the claims of a token without a type show that it is an access token. The absence of counter-evidence is not
 * enough: an ID token with the client as its audience would pass too.
 * @see RFC 8725 sections 3.11 and 3.12
 */
export function isAccessToken(claims: Readonly<Record<string, unknown>>): boolean {
  const has = (name: string): boolean => Object.hasOwn(claims, name);
  const [isTyp, isUse] = [has('typ'), has('token_use')];
  if (isTyp && claims['typ'] !== 'Bearer' && claims['typ'] !== 'DPoP') return false;
  if (isUse && claims['token_use'] !== 'access') return false;
  if (COUNTER_EVIDENCE.some(has)) return false;
  return isTyp || isUse || EVIDENCE.some((name) => has(name) && claims[name] !== null);
}
