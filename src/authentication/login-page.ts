/**
 * Redirects a browser that asks for a page to the login page instead of an error response, and sends scripts a header
 * instead: a session login has no challenge that a browser understands.
 */
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { AuthenticationRequiredError, type SecurityError, StepUpRequiredError } from '../errors';
import { returnPath } from '../http/return-path';
import { isInstance } from '../util/instance';
import { isAmbientScheme } from './cross-site';

/** The address of the login page for this refusal; undefined if there is no redirect. */
export function loginPageFor(
  error: SecurityError,
  request: SecurityRequest,
  loginPage: string | undefined,
  login: Authentication | undefined,
): string | undefined {
  if (loginPage === undefined) return undefined;
  const query = queryFor(error, login);
  if (query === undefined || !isForPage(request) || isAt(request, loginPage)) return undefined;
  const returnTo = returnPath(request.url);
  const pairs = returnTo === undefined ? query : [...query, ['returnTo', returnTo] as const];
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return text === '' ? loginPage : `${loginPage}?${text}`;
}

/** The header for scripts when a session login lacks something; undefined for other refusals. */
export function stepUpHeaderFor(error: SecurityError, login: Authentication | undefined): string | undefined {
  const need = needOf(error, login);
  if (need === undefined) return undefined;
  const { maxAgeSeconds, methods, acr } = need;
  const params = [
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${String(maxAgeSeconds)}"`]),
    ...(methods === undefined ? [] : [`methods="${methods.join(' ')}"`]),
    ...(acr === undefined ? [] : [`acr_values="${acr.join(' ')}"`]),
  ];
  return params.length === 0 ? undefined : params.join(', ');
}

type Query = readonly (readonly [name: string, value: string])[];

function queryFor(error: SecurityError, login: Authentication | undefined): Query | undefined {
  if (isInstance(error, AuthenticationRequiredError)) return [];
  const need = needOf(error, login);
  if (need === undefined) return undefined;
  const { maxAgeSeconds, methods, acr } = need;
  return [
    ...(methods === undefined ? [] : [['stepUp', methods.join(',')] as const]),
    ...(maxAgeSeconds === undefined ? [] : [['maxAge', String(maxAgeSeconds)] as const]),
    ...(acr === undefined ? [] : [['acr', acr.join(' ')] as const]),
  ];
}

function needOf(error: SecurityError, login: Authentication | undefined): Need | undefined {
  if (login?.provedBy !== 'session' || !isInstance<StepUpRequiredError>(error, StepUpRequiredError))
    return undefined;
  // The app can change every property of an error that it throws.
  const { maxAgeSeconds, methods, acr } = Object(error.need) as Partial<Record<string, unknown>>;
  return {
    maxAgeSeconds: Number.isSafeInteger(maxAgeSeconds) ? (maxAgeSeconds as number) : undefined,
    methods: namesIn(methods),
    acr: namesIn(acr),
  };
}

interface Need {
  readonly maxAgeSeconds: number | undefined;
  readonly methods: readonly string[] | undefined;
  readonly acr: readonly string[] | undefined;
}

/** Undefined for a value that is not a list of names that can be sent. */
function namesIn(value: unknown): readonly string[] | undefined {
  const names: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [];
  const areSendable = names.every((name) => typeof name === 'string' && /^[!#-[\]-~]+$/.test(name));
  return areSendable && names.length > 0 ? (names as readonly string[]) : undefined;
}

/** True for a browser that opens a page: scripts get a status. @see Fetch Metadata Request Headers section 2.1 */
function isForPage(request: SecurityRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const destination = request.header('sec-fetch-dest');
  if (destination !== undefined) return destination === 'document';
  if (isOfScript(request)) return false;
  return (request.header('accept') ?? '').split(',').some(isHtml);
}

/** True for the headers that only scripts and clients of an API set: these may accept HTML too. */
function isOfScript(request: SecurityRequest): boolean {
  if (request.header('x-requested-with')?.toLowerCase() === 'xmlhttprequest') return true;
  try {
    const authorization = request.header('authorization');
    return authorization !== undefined && !isAmbientScheme(authorization);
  } catch {
    // No browser sends it twice.
    return true;
  }
}

/** @param range of `Accept`; one of weight 0 is refused. @see RFC 9110 section 12.4.2 */
function isHtml(range: string): boolean {
  return /^[ \t]*text\/html[ \t]*(?:;|$)/i.test(range) && !/;[ \t]*q=0(?:\.0*)?[ \t]*(?:;|$)/i.test(range);
}

/** True at the login page itself, which would redirect to itself for ever; also true if the path is unknown. */
function isAt(request: SecurityRequest, loginPage: string): boolean {
  try {
    return isSamePath(request.path, loginPage);
  } catch {
    return true;
  }
}

/** Compares like routers: ignores case and a slash at the end. */
export function isSamePath(one: string, other: string): boolean {
  const folded = (path: string): string => path.replace(/\/$/, '').toLowerCase();
  return folded(one) === folded(other);
}
