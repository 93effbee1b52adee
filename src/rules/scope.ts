import type { Access, Rule } from '../core/access';
import { ConfigurationError } from '../errors';
import { addRuleKind, isList, made } from './rule-kind';
import { quoted } from './rule-name';
import { isScope } from '../util/scope-name';

/**
 * A rule that holds for a login whose credential has all of these scopes, or is not limited to scopes, such as a
 * password: `@Authorized(scope('notes:write'))`. If only scopes are lacking, the client is told which.
 * @throws ConfigurationError without a name, and for an invalid scope
 * @see RFC 6749 section 3.3, RFC 6750 section 3.1
 */
export function scope(...names: string[]): Rule<never> {
  if (names.length === 0) throw new ConfigurationError('scope(): name at least one scope');
  for (const name of names as readonly unknown[]) {
    if (isScope(name)) continue;
    throw new ConfigurationError(
      'scope(): a scope must be printable ASCII without spaces, quotes and backslashes',
    );
  }
  return made({ kind: 'scope', scopes: Object.freeze([...new Set(names)]) });
}

addRuleKind('scope', {
  holds: ({ scopes }, { login, assumed }) => assumed.everyScope || lacking(scopes, login).length === 0,
  describe: ({ scopes }) => `scope ${scopes.join(' ')}`,
  identify: ({ scopes }) => `scope ${scopes.map(quoted).toSorted().join(' ')}`,
  terms: ({ scopes }) => scopes.toSorted(),
  holdsByRoles: ({ scopes }, { login }) => login && lacking(scopes, login).length === 0,
});

/** The scopes that a login lacks; a login that is not limited to scopes lacks no scope. */
export function lacking(
  scopes: readonly string[],
  login: { readonly scopes: readonly string[] | undefined },
): readonly string[] {
  const { scopes: own } = login;
  return own === undefined ? [] : scopes.filter((name) => !own.includes(name));
}

/** The scopes that a login needs on every way through the rules, unless it is not limited to scopes. */
export function necessaryScopesOf({ levels }: Access): readonly string[] {
  return [...new Set(levels.flatMap(({ rule }) => necessaryIn(rule)))];
}

function necessaryIn(rule: Rule): readonly string[] {
  if (rule.kind === 'scope') return rule.scopes;
  if (!isList(rule)) return [];
  const [first = [], ...others] = rule.rules.map(necessaryIn);
  if (rule.kind === 'all') return [...first, ...others.flat()];
  return first.filter((name) => others.every((other) => other.includes(name)));
}

/** The scopes that a client should request to call an action; for an "any of", those of the first part that has any. */
export function scopesOf({ levels }: Access): readonly string[] {
  return [...new Set(levels.flatMap(({ rule }) => scopesIn(rule)))];
}

function scopesIn(rule: Rule): readonly string[] {
  if (rule.kind === 'scope') return rule.scopes;
  if (!isList(rule)) return [];
  const parts = rule.rules.map(scopesIn);
  return rule.kind === 'all' ? parts.flat() : (parts.find((part) => part.length > 0) ?? []);
}
