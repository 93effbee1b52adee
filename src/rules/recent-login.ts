import type { LoginTerms, Rule } from '../core/access';
import { Authentication } from '../core/authentication';
import { type Factor, timeOf, withMfa } from '../core/factors';
import { ConfigurationError } from '../errors';
import { kind, optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { isScope } from '../util/scope-name';
import { addRuleKind, made } from './rule-kind';
import { quoted } from './rule-name';

/** The options of {@link recentLogin}. */
export interface RecentLoginOptions {
  /** Maximum age of the login, in whole seconds. */
  maxAgeSeconds?: number;
  /** Authentication context classes, one of which the login must have, as stated by the `acr` claim of a token. */
  acr?: string | readonly string[];
  /** Methods, one of which the login must have, as named in RFC 8176; `passkey` stands for `hwk` or `swk`. */
  methods?: string | readonly string[];
}

const names: Kind<string | readonly string[]> = kind(
  'must be a name, or a list of at least one, of printable ASCII without spaces, quotes and backslashes',
  (value) => isScope(value) || (Array.isArray(value) && value.length > 0 && Array.from(value).every(isScope)),
);

const OPTIONS = {
  maxAgeSeconds: optional(wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  acr: optional(names),
  methods: optional(names),
} satisfies Record<keyof RecentLoginOptions, Kind<unknown>>;

/** How far the clock that stated the time may be ahead of ours. */
const MAX_AHEAD_MS = 5000;

/**
 * A rule that holds for a login that is recent or strong enough: `@Authorized(recentLogin({ maxAgeSeconds: 300 }))`. A
 * single factor of the login must meet all requirements. A login of unknown time is never recent. Neither is a login by
 * credentials that a browser sends again by itself (Basic, Negotiate, a client certificate): exchange it for a token or
 * a session first. A client that sent a token is told the requirements (401); other clients get 403 with the same code.
 * @throws ConfigurationError without any option, and for unknown options or invalid values
 * @see RFC 9470 section 3
 */
export function recentLogin(options: RecentLoginOptions): Rule<never> {
  const { maxAgeSeconds, acr, methods } = parseOptions('recentLogin()', options, OPTIONS);
  if (maxAgeSeconds === undefined && acr === undefined && methods === undefined) {
    throw new ConfigurationError('recentLogin(): set maxAgeSeconds, acr or methods');
  }
  return made({ kind: 'login', maxAgeSeconds, acr: listOf(acr), methods: listOf(methods) });
}

/** Whether a login is recent and strong enough, for checks outside of guards. */
export function isRecentLogin(
  { maxAgeSeconds, methods }: { readonly maxAgeSeconds: number; readonly methods?: readonly string[] },
  login: Authentication,
  now: number,
): boolean {
  return isMet({ maxAgeSeconds, acr: undefined, methods }, login, now);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : Object.freeze([...new Set([value].flat())]);
}

addRuleKind('login', {
  holds: (rule, { login, assumed, now }) => assumed.freshLogin || isMet(rule, login, now()),
  describe: (rule) => `login ${wordsOf(rule, (name) => name)}`,
  identify: (rule) => `login ${wordsOf(rule, quoted)}`,
  terms: ({ maxAgeSeconds, acr, methods }) => [
    maxAgeSeconds,
    acr?.toSorted().join(' '),
    methods?.toSorted().join(' '),
  ],
  // The age of the login when it is used is unknown.
  holdsByRoles: (rule, { login }) => login && isMet(rule, login, undefined),
});

/**
 * True if one factor meets all requirements: a code entered now does not make yesterday's password recent.
 * @param now undefined accepts any known time as recent
 */
function isMet({ maxAgeSeconds, acr, methods }: LoginTerms, login: Authentication, now: number | undefined) {
  // Credentials that a browser sends again by itself do not prove who is using it now.
  if (maxAgeSeconds !== undefined && Authentication.isRepeated(login)) return false;
  if (acr !== undefined && !hasAcr(login, acr)) return false;
  const wanted = methods?.flatMap((method) => (method === 'passkey' ? ['hwk', 'swk'] : [method]));
  const factors = wanted === undefined ? login.factors : withMfa(login.factors);
  // The `acr` is a statement of the identity provider about the login there.
  const isOfAcr = acr === undefined || !factors.some(isAtProvider) ? () => true : isAtProvider;
  return factors.some(
    (factor) =>
      isOfAcr(factor) &&
      (wanted === undefined || wanted.includes(factor.method)) &&
      (maxAgeSeconds === undefined || isRecent(factor, maxAgeSeconds, now)),
  );
}

function isAtProvider({ method }: Factor): boolean {
  return method === 'idp';
}

/** Written so that an invalid or unknown date counts as too old. */
function isRecent(factor: Factor, maxAgeSeconds: number, now: number | undefined): boolean {
  const time = timeOf(factor);
  const age = now === undefined ? time - time : now - time;
  return age <= maxAgeSeconds * 1000 && age >= -MAX_AHEAD_MS;
}

function hasAcr({ claims }: Authentication, acr: readonly string[]): boolean {
  const stated = Object.hasOwn(claims, 'acr') ? claims['acr'] : undefined;
  return typeof stated === 'string' && acr.includes(stated);
}

function wordsOf({ maxAgeSeconds, acr, methods }: LoginTerms, name: (value: string) => string): string {
  const list = (values: readonly string[]): string => values.map(name).toSorted().join(' or ');
  return [
    ...(maxAgeSeconds === undefined ? [] : [`of the last ${String(maxAgeSeconds)} s`]),
    ...(acr === undefined ? [] : [`with acr ${list(acr)}`]),
    ...(methods === undefined ? [] : [`by ${list(methods)}`]),
  ].join(' ');
}
