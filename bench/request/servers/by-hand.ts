/**
 * Checkers as an app writes them for plain routing-controllers. Each verifies signature, issuer, audience and times,
 * loads the user and looks at its roles: what an app may leave out of these, it leaves out at its own risk.
 */
import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { compareSync, hashSync } from 'bcryptjs';
import type { Action } from 'routing-controllers';
import { loadPeer } from '../library';
import { AUDIENCE, type BenchUser, ISSUER, PASSWORD, SECRET, USERNAME } from '../target';

export type Checker = (action: Action, roles: readonly unknown[]) => boolean | Promise<boolean>;

interface Claims {
  readonly sub: string;
  readonly iss: string;
  readonly aud: string;
  readonly exp: number;
}

interface JsonWebToken {
  readonly verify: (token: string, key: unknown, options: object) => Claims;
}
interface FastJwt {
  readonly createVerifier: (options: object) => (token: string) => Claims;
}
interface Jose {
  readonly jwtVerify: (token: string, key: unknown, options: object) => Promise<{ payload: Claims }>;
}

const MAX_REMEMBERED = 10_000;

export const USERS: ReadonlyMap<string, BenchUser> = new Map([
  [USERNAME, { username: USERNAME, active: true, roles: ['admin'] }],
]);

function mayPass(username: string, roles: readonly unknown[]): boolean {
  const user = USERS.get(username);
  if (user?.active !== true) return false;
  return roles.length === 0 || roles.some((role) => user.roles?.includes(role as string));
}

/** koa's own way to a header, `ctx.get()`. */
function authorization(action: Action): string {
  return (action.context as { get: (name: string) => string }).get('authorization');
}

function bearerToken(action: Action): string | undefined {
  const line = authorization(action);
  return line.startsWith('Bearer ') ? line.slice(7) : undefined;
}

/** Undefined for a token that does not hold, whatever is wrong with it. */
type Verify = (token: string) => Claims | undefined;

function guardedBy(verify: Verify): Checker {
  return (action, roles) => {
    const token = bearerToken(action);
    const claims = token === undefined ? undefined : verify(token);
    return claims !== undefined && mayPass(claims.sub, roles);
  };
}

/** Verifies a token once, and then finds it: the least that a checker can do. */
function mapOfTokens(): Checker {
  const known = new Map<string, Claims>();
  return guardedBy((token) => {
    const remembered = known.get(token);
    if (remembered !== undefined) {
      if (remembered.exp * 1000 > Date.now()) return remembered;
      known.delete(token);
      return undefined;
    }
    const claims = verifyByHand(token);
    if (claims !== undefined && known.size < MAX_REMEMBERED) known.set(token, claims);
    return claims;
  });
}

/** node:crypto and JSON.parse at every request. */
function hmacByHand(): Checker {
  return guardedBy(verifyByHand);
}

export function verifyByHand(token: string): Claims | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const expected = createHmac('sha256', KEY).update(`${header}.${payload}`).digest();
  const sent = Buffer.from(signature, 'base64url');
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  const holds = claims.iss === ISSUER && claims.aud === AUDIENCE && claims.exp * 1000 > Date.now();
  return holds ? claims : undefined;
}

const KEY = createSecretKey(Buffer.from(SECRET));

function jsonwebtoken(): Checker {
  const { verify } = loadPeer('jsonwebtoken') as JsonWebToken;
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE };
  return guardedBy((token) => attempt(() => verify(token, KEY, options)));
}

function fastJwtWithCache(): Checker {
  const { createVerifier } = loadPeer('fast-jwt') as FastJwt;
  const verify = createVerifier({
    key: SECRET,
    algorithms: ['HS256'],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: MAX_REMEMBERED,
  });
  return guardedBy((token) => attempt(() => verify(token)));
}

function attempt(verify: () => Claims): Claims | undefined {
  try {
    return verify();
  } catch {
    return undefined;
  }
}

export function jose(): Checker {
  const { jwtVerify } = loadPeer('jose') as Jose;
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE };
  return async (action, roles) => {
    const token = bearerToken(action);
    if (token === undefined) return false;
    try {
      const { payload } = await jwtVerify(token, KEY, options);
      return mayPass(payload.sub, roles);
    } catch {
      return false;
    }
  };
}

/** Basic that is hashed once and then remembered for a minute, under a digest and not the password itself. */
export function cachedBasic(): Checker {
  const hash = hashSync(PASSWORD, 10);
  const known = new Map<string, { username: string; until: number }>();
  return (action, roles) => {
    const line = authorization(action);
    if (!line.startsWith('Basic ')) return false;
    const key = createHash('sha256').update(line).digest('base64');
    const remembered = known.get(key);
    if (remembered !== undefined && remembered.until > Date.now()) return mayPass(remembered.username, roles);
    const [username = '', password = ''] = Buffer.from(line.slice(6), 'base64').toString().split(/:(.*)/s);
    if (!compareSync(password, hash) || !mayPass(username, roles)) return false;
    if (known.size < MAX_REMEMBERED) known.set(key, { username, until: Date.now() + 60_000 });
    return true;
  };
}

/** The checkers of a token, by their names. */
export const BY_HAND: readonly (readonly [string, () => Checker])[] = [
  ['map of tokens', mapOfTokens],
  ['HMAC', hmacByHand],
  ['fast-jwt, cached', fastJwtWithCache],
  ['jsonwebtoken', jsonwebtoken],
  ['jose', jose],
];
