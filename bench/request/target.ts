/**
 * What is measured: a route of a server, with the credential that it must accept and the ones that it must refuse.
 */
import { createHmac } from 'node:crypto';

export type Headers = Readonly<Record<string, string>>;

export interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly right: Headers;
  /** Requests that must be 401; none for an open route. */
  readonly wrong: readonly Headers[];
}

/** What every server of the bench is told: the same user, the same secret. */
export const SECRET = 'a secret of the bench, which no app should have';
export const ISSUER = 'bench';
export const AUDIENCE = 'bench-api';
export const USERNAME = 'ann';
export const PASSWORD = 'correct horse';
export const API_KEY = 'k-7f3c9a1e55d24b0c8a6e';

export interface BenchUser {
  readonly username: string;
  readonly password?: string;
  readonly active?: boolean;
  readonly roles?: readonly string[];
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

export function basic(username: string, password: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** The credentials of a token route: the token, and what must not pass for it. */
export function tokenCredentials(token: string): Pick<Target, 'right' | 'wrong'> {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    exp: number;
    iat: number;
  };
  const another = token.replace(/[^.]{8}$/, (end) => (end === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'));
  const day = 86_400;
  const expired = {
    ...claims,
    iat: claims.iat - day,
    auth_time: claims.iat - day,
    exp: claims.iat - day / 2,
  };
  const foreign = { ...claims, iss: 'another' };
  return {
    right: bearer(token),
    wrong: [{}, bearer(another), bearer(sign(token, expired)), bearer(sign(token, foreign))],
  };
}

/** The same header and key over other claims. */
function sign(token: string, claims: object): string {
  const input = `${token.split('.')[0] ?? ''}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
}

export function basicCredentials(): Pick<Target, 'right' | 'wrong'> {
  return {
    right: basic(USERNAME, PASSWORD),
    wrong: [{}, basic(USERNAME, 'another'), basic('nobody', PASSWORD)],
  };
}

export function keyCredentials(): Pick<Target, 'right' | 'wrong'> {
  return { right: { 'x-api-key': API_KEY }, wrong: [{}, { 'x-api-key': `${API_KEY}x` }] };
}

/** What `action` routes answer. */
export const BODY = { status: 'ok' };
