/**
 * Checks the claims of a token after its signature was verified or its issuer was asked. Every comparison is written so
 * that a NaN, from a broken clock for example, leads to a refusal.
 */
import { NO_NAMES } from '../core/frozen-json';
import { TokenInvalidError } from '../errors';
import type { JsonObject } from '../tokens/json';
import { isScope } from '../util/scope-name';
import { invalid } from '../tokens/jws';
import type { AccessToken, Binding, Statement, VerifiedAccessToken } from './access-token';
import { OtherAudienceError } from './other-audience-error';

/** The requirements that a token is checked against. */
export interface TokenPolicy {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly audienceClaim: 'aud' | 'client_id';
  readonly maxAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  /** Whether a DPoP key is checked. */
  readonly dpop: boolean;
  /** Whether a client's certificate is checked. */
  readonly mtls: boolean;
}

/** A Date reaches this far. */
const MAX_NUMERIC_DATE = 8.64e12;

/**
 * Reads the claims of a JWT, which must have a subject, `exp` and `iat`.
 * @throws TokenInvalidError when a claim is missing or malformed, or the token is for another audience
 * @see RFC 7519 section 4.1, RFC 9068 section 2.2
 */
export function readJwtClaims(claims: JsonObject, policy: TokenPolicy): Statement {
  if (own(claims, 'iss') !== policy.issuer) throw invalid('iss is not the option issuer');
  const statement = readStatement(claims, policy);
  if (statement.subject === undefined) throw invalid('sub is missing');
  if (statement.expiresAt === undefined) throw invalid('exp is missing');
  if (statement.issuedAt === undefined) throw invalid('iat is missing');
  return statement;
}

/**
 * Reads the issuer's introspection response for an active token.
 * @throws TokenInvalidError when a claim is malformed, or the token is for another audience
 * @see RFC 7662 section 2.2
 */
export function readIntrospectedClaims(claims: JsonObject, policy: TokenPolicy): Statement {
  const issuer = own(claims, 'iss');
  if (issuer !== undefined && issuer !== policy.issuer) throw invalid('iss is not the option issuer');
  return readStatement(claims, policy);
}

/** @throws TokenInvalidError when the token is expired or not yet valid, or lives longer than `maxAgeSeconds` */
export function checkTimes(
  { expiresAt, issuedAt, notBefore, authenticatedAt }: Statement,
  { maxAgeSeconds, clockToleranceSeconds }: TokenPolicy,
  nowMs: number,
): void {
  const latest = nowMs + clockToleranceSeconds * 1000;
  const earliest = nowMs - clockToleranceSeconds * 1000;
  if (!(Number.isFinite(latest) && (expiresAt === undefined || earliest < expiresAt))) {
    throw invalid('exp has passed');
  }
  if (notBefore !== undefined && !(notBefore <= latest)) throw invalid('nbf is in the future');
  if (issuedAt !== undefined && !(issuedAt <= latest)) throw invalid('iat is in the future');
  if (authenticatedAt !== undefined && !(authenticatedAt <= latest))
    throw invalid('auth_time is in the future');
  if (expiresAt === undefined || issuedAt === undefined) return;
  if (!(expiresAt - issuedAt <= maxAgeSeconds * 1000))
    throw invalid('exp is more than the option maxAgeSeconds after iat');
}

/** Returns a new object each time, since a caller can change its dates. */
export function toVerified(
  { binding, methods, issuedAt, expiresAt, authenticatedAt, ...told }: Statement,
  { issuer, clockToleranceSeconds }: TokenPolicy,
): VerifiedAccessToken {
  const { subject, clientId, isClient, scopes, claims } = told;
  const token: AccessToken = Object.freeze({
    issuer,
    subject,
    clientId,
    isClient,
    scopes,
    authenticatedAt: dateOf(authenticatedAt),
    claims,
  });
  const acceptedUntil = expiresAt === undefined ? undefined : expiresAt + clockToleranceSeconds * 1000;
  return {
    token,
    methods,
    binding,
    issuedAt: dateOf(issuedAt),
    expiresAt: dateOf(expiresAt),
    acceptedUntil: dateOf(acceptedUntil),
  };
}

function readStatement(claims: JsonObject, policy: TokenPolicy): Statement {
  checkAudience(claims, policy);
  const subject = textIn(claims, 'sub');
  const clients = ['client_id', 'azp', 'cid'].map((name) => textIn(claims, name));
  const binding = bindingIn(claims, policy);
  // A Bearer token without the claim would pass as unbound.
  if (binding.jkt === undefined && statesKey(claims))
    throw invalid('The token is of type DPoP, without cnf.jkt');
  return {
    subject,
    clientId: clients.find((client) => client !== undefined),
    isClient: subject === undefined || clients.includes(subject) || statesClient(claims),
    scopes: scopesIn(claims),
    methods: Object.freeze(methodsIn(claims)),
    binding,
    issuedAt: timeIn(claims, 'iat'),
    expiresAt: timeIn(claims, 'exp'),
    notBefore: timeIn(claims, 'nbf'),
    authenticatedAt: timeIn(claims, 'auth_time'),
    claims,
  };
}

function checkAudience(claims: JsonObject, { audience, audienceClaim }: TokenPolicy): void {
  const stated = own(claims, audienceClaim);
  if (stated === undefined) throw ofOtherAudience(`${audienceClaim} is missing`);
  const list = audienceClaim === 'aud' && Array.isArray(stated) ? (stated as readonly unknown[]) : [stated];
  if (!list.every((name) => typeof name === 'string')) throw invalid(`${audienceClaim} is no text`);
  if (list.some((name) => audience.includes(name))) return;
  throw ofOtherAudience(`${audienceClaim} has no value of the option audience`);
}

function ofOtherAudience(reason: string): TokenInvalidError {
  return new TokenInvalidError({ cause: new OtherAudienceError(reason) });
}

/** Auth0 and Entra ID mark the tokens that a client obtained for itself. */
function statesClient(claims: JsonObject): boolean {
  const grants = own(claims, 'gty');
  const isGranted = (Array.isArray(grants) ? (grants as unknown[]) : [grants]).includes('client-credentials');
  return isGranted || own(claims, 'idtyp') === 'app';
}

/** Introspection responses and Keycloak state the type of a token that is bound to a key. @see RFC 9449 section 6.2 */
function statesKey(claims: JsonObject): boolean {
  return [own(claims, 'token_type'), own(claims, 'typ')].some(
    (type) => typeof type === 'string' && type.toLowerCase() === 'dpop',
  );
}

/** Never undefined, which would mean no limit. @see RFC 6749 section 3.3 */
function scopesIn(claims: JsonObject): readonly string[] {
  const name = ['scope', 'scp'].find((claim) => Object.hasOwn(claims, claim));
  if (name === undefined) return NO_NAMES;
  const stated = claims[name];
  const isList = name === 'scp' && isTexts(stated);
  const names = isList
    ? stated
    : typeof stated === 'string'
      ? stated.split(' ').slice(stated === '' ? 1 : 0)
      : [''];
  if (!names.every(isScope)) throw invalid(`${name} has an unknown form`);
  return Object.freeze([...names]);
}

function methodsIn(claims: JsonObject): readonly string[] {
  if (!Object.hasOwn(claims, 'amr')) return ['token'];
  const methods = claims['amr'];
  if (!isTexts(methods)) throw invalid('amr is no list of texts');
  return [...methods];
}

/** SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/** Refuses a binding that is not checked, so that it does not pass as checked. */
function bindingIn(claims: JsonObject, { dpop, mtls }: TokenPolicy): Binding {
  if (!Object.hasOwn(claims, 'cnf')) return { jkt: undefined, certificate: undefined };
  const confirmation = claims['cnf'];
  if (typeof confirmation !== 'object' || confirmation === null || Array.isArray(confirmation)) {
    throw invalid('cnf is no object');
  }
  const members = Object.entries(confirmation);
  const areChecked = members.every(([name, value]) => {
    const isChecked = (name === 'jkt' && dpop) || (name === 'x5t#S256' && mtls);
    return isChecked && typeof value === 'string' && THUMBPRINT.test(value);
  });
  if (members.length === 0 || !areChecked) throw invalid(uncheckedIn(confirmation, { dpop, mtls }));
  const thumbprints = new Map<string, string>(members as [string, string][]);
  return { jkt: thumbprints.get('jkt'), certificate: thumbprints.get('x5t#S256') };
}

function uncheckedIn(confirmation: object, { dpop, mtls }: Pick<TokenPolicy, 'dpop' | 'mtls'>): string {
  if (Object.hasOwn(confirmation, 'jkt') && !dpop) return 'cnf has jkt, and the option dpop is not set';
  if (Object.hasOwn(confirmation, 'x5t#S256') && !mtls) {
    return 'cnf has x5t#S256, and the option mtls is not set';
  }
  return 'cnf is empty, or has a member that cannot be checked';
}

function textIn(claims: JsonObject, name: string): string | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (typeof value !== 'string' || value === '') throw invalid(`${name} is no text, or empty`);
  return value;
}

function timeIn(claims: JsonObject, name: string): number | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_NUMERIC_DATE)) {
    throw invalid(`${name} is no NumericDate`);
  }
  return Math.round(value * 1000);
}

function dateOf(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function own(claims: JsonObject, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
