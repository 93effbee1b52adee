import type { LoginTerms, Rule } from '../core/access';
import type { Authentication } from '../core/authentication';
import { ConfigurationError } from '../errors';
import { kind, optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { isScope } from '../util/scope-name';
import { addRuleKind, made } from './rule-kind';
import { quoted } from './rule-name';

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

/** What an issuer's clock may be ahead of ours, at most. */
const MAX_AHEAD_MS = 60_000;

/**
 * A rule that holds for a login that is recent, or strong, enough: `@Authorized(recentLogin({ maxAgeSeconds: 300 }))`.
 * A login whose time is not known is never recent. A client that came with a token is told what is asked for (401);
 * others get 403 with the same code.
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

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : Object.freeze([...new Set([value].flat())]);
}

addRuleKind('login', {
  holds: (rule, { login, assumed, now }) => assumed.freshLogin || isRecent(rule, login, now()),
  describe: (rule) => `login ${wordsOf(rule, (name) => name)}`,
  identify: (rule) => `login ${wordsOf(rule, quoted)}`,
  terms: ({ maxAgeSeconds, acr, methods }) => [
    maxAgeSeconds,
    acr?.toSorted().join(' '),
    methods?.toSorted().join(' '),
  ],
  // How old it will be when it is used is not known.
  holdsByRoles: (rule, { login }) => login && isRecent(rule, login, login.authenticatedAt?.getTime() ?? NaN),
});

function isRecent({ maxAgeSeconds, acr, methods }: LoginTerms, login: Authentication, now: number): boolean {
  if (maxAgeSeconds !== undefined) {
    const age = now - (login.authenticatedAt?.getTime() ?? NaN);
    // Written so that a broken date, and one that nobody knows, is too old.
    if (!(age <= maxAgeSeconds * 1000 && age >= -MAX_AHEAD_MS)) return false;
  }
  if (acr !== undefined) {
    const stated = Object.hasOwn(login.claims, 'acr') ? login.claims['acr'] : undefined;
    if (typeof stated !== 'string' || !acr.includes(stated)) return false;
  }
  if (methods === undefined) return true;
  const wanted = methods.flatMap((method) => (method === 'passkey' ? ['hwk', 'swk'] : [method]));
  return login.methods.some((method) => wanted.includes(method));
}

function wordsOf({ maxAgeSeconds, acr, methods }: LoginTerms, name: (value: string) => string): string {
  const list = (values: readonly string[]): string => values.map(name).toSorted().join(' or ');
  return [
    ...(maxAgeSeconds === undefined ? [] : [`of the last ${String(maxAgeSeconds)} s`]),
    ...(acr === undefined ? [] : [`with acr ${list(acr)}`]),
    ...(methods === undefined ? [] : [`by ${list(methods)}`]),
  ].join(' ');
}
