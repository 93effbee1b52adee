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
  /** How long ago the login may be, in whole seconds. */
  maxAgeSeconds?: number;
  /** Authentication context classes of which the login must have one, as the claim `acr` of a token states it. */
  acr?: string | readonly string[];
  /** Methods of which the login must have one, as RFC 8176 has them; `passkey` stands for `hwk` or `swk`. */
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

/** What a clock that stated the time may be ahead of ours, at most. */
const MAX_AHEAD_MS = 5000;

/**
 * A rule that holds for a login that is recent, or strong, enough: `@Authorized(recentLogin({ maxAgeSeconds: 300 }))`.
 * One factor of the login must meet all that is asked. A login whose time is not known is never recent, nor is one by what
 * a browser sends again by itself (Basic, Negotiate, a client certificate): exchange it for a token or a session first. A
 * client that came with a token is told what is asked for (401); others get 403 with the same code.
 * @throws ConfigurationError without any option, and for options that are unknown or have no valid value
 * @see RFC 9470 section 3
 */
export function recentLogin(options: RecentLoginOptions): Rule<never> {
  const { maxAgeSeconds, acr, methods } = parseOptions('recentLogin()', options, OPTIONS);
  if (maxAgeSeconds === undefined && acr === undefined && methods === undefined) {
    throw new ConfigurationError('recentLogin(): set maxAgeSeconds, acr or methods');
  }
  return made({ kind: 'login', maxAgeSeconds, acr: listOf(acr), methods: listOf(methods) });
}

/** Whether a login is as recent and strong as that, for what is no guard. */
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
  // How old it will be when it is used is not known.
  holdsByRoles: (rule, { login }) => login && isMet(rule, login, undefined),
});

/**
 * True where one factor meets all that is asked: a code of now does not make a password of yesterday recent.
 * @param now undefined takes any known time for recent
 */
function isMet({ maxAgeSeconds, acr, methods }: LoginTerms, login: Authentication, now: number | undefined) {
  // What a browser sends again by itself says nothing of who sits there now.
  if (maxAgeSeconds !== undefined && Authentication.isRepeated(login)) return false;
  if (acr !== undefined && !hasAcr(login, acr)) return false;
  const wanted = methods?.flatMap((method) => (method === 'passkey' ? ['hwk', 'swk'] : [method]));
  const factors = wanted === undefined ? login.factors : withMfa(login.factors);
  // Its class is what a provider said of the login there.
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

/** Written so that a broken date, and one that nobody knows, is too old. */
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
