/**
 * What a guard asks for, however it is written: nested lists of one kind are flat, a list of one is its part,
 * the same rule counts once, and "any authenticated user" beside another rule says nothing. Rules are the same
 * by the functions and classes in them, never by their names.
 */
import type { AccessLevel, Rule } from '../core/access';
import { fingerprint } from './fingerprint';
import { ownerProperty } from './rules';

type List = Extract<Rule, { rules: unknown }>;
type Leaf = Exclude<Rule, List>;

export type Requirement =
  | { readonly key: string; readonly leaf: Leaf }
  | { readonly key: string; readonly kind: 'all' | 'any'; readonly parts: readonly Requirement[] };

/** The rules that must all hold, without an order. Empty for an open action. */
export function requirementsOf(levels: readonly AccessLevel[]): readonly Requirement[] {
  return partsOf(
    'all',
    levels.map(({ rule }) => rule),
  );
}

/** A requirement in words that are the same for the same rules, in every process of the same build. */
export function describeRequirement(requirement: Requirement): string {
  if ('leaf' in requirement) return describeLeaf(requirement.leaf);
  return `${requirement.kind} of (${describeRequirements(requirement.parts).join(', ')})`;
}

export function describeRequirements(requirements: readonly Requirement[]): string[] {
  return requirements.map(describeRequirement).toSorted();
}

function normalise(rule: Rule): Requirement {
  if (!isList(rule)) return { key: keyOf(rule), leaf: rule };
  const parts = partsOf(rule.kind, rule.rules);
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const keys = parts.map(({ key }) => key).toSorted();
  return { key: `${rule.kind}(${keys.join()})`, kind: rule.kind, parts };
}

function isList(rule: Rule): rule is List {
  return rule.kind === 'all' || rule.kind === 'any';
}

function partsOf(kind: 'all' | 'any', rules: readonly Rule[]): Requirement[] {
  const parts = rules
    .map(normalise)
    .flatMap((part) => ('kind' in part && part.kind === kind ? part.parts : [part]));
  const unique = [...new Map(parts.map((part) => [part.key, part])).values()];
  const others = unique.filter((part) => !('leaf' in part) || part.leaf.kind !== 'authenticated');
  return kind === 'all' && others.length > 0 ? others : unique;
}

function keyOf(rule: Leaf): string {
  switch (rule.kind) {
    case 'authenticated':
      return JSON.stringify([rule.kind]);
    case 'role':
      return JSON.stringify([rule.kind, rule.role]);
    case 'permission':
      return JSON.stringify([rule.kind, rule.permission]);
    case 'owner':
      return JSON.stringify([
        rule.kind,
        idOf(rule.store),
        rule.parameter,
        idOf(rule.owner),
        rule.whenMissing,
      ]);
    case 'policy':
      return JSON.stringify([rule.kind, idOf(rule.policy)]);
    case 'predicate':
      return JSON.stringify([rule.kind, idOf(rule.predicate)]);
  }
}

const ids = new WeakMap<object, number>();
let lastId = 0;

/** A number of an object's own, in this process. */
function idOf(object: object): number {
  const id = ids.get(object) ?? (lastId += 1);
  ids.set(object, id);
  return id;
}

function describeLeaf(rule: Leaf): string {
  switch (rule.kind) {
    case 'authenticated':
      return 'any authenticated user';
    case 'role':
      return `role ${quoted(rule.role)}`;
    case 'permission':
      return `permission ${quoted(rule.permission)}`;
    case 'owner': {
      const owner = rule.owner === ownerProperty ? '' : ` by ${functionName(rule.owner)}`;
      const missing = rule.whenMissing === 'run' ? ' (or missing)' : '';
      return `owner of ${quoted(rule.store.name)} :${quoted(rule.parameter)}${owner}${missing}`;
    }
    case 'policy':
      return `policy ${functionName(rule.policy)}`;
    case 'predicate':
      return `policy ${functionName(rule.predicate)}`;
  }
}

function functionName(target: { readonly name: string }): string {
  return `${target.name === '' ? '(anonymous function)' : quoted(target.name)}#${fingerprint(target)}`;
}

/** A name that could be read as words of the description is quoted. */
function quoted(name: string): string {
  return /^[\w$.:@/*+-]+$/.test(name) ? name : JSON.stringify(name);
}
