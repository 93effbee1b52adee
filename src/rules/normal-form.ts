/**
 * The requirements of a guard, however it is written: nested lists of one kind are flattened, a list with a single part
 * is that part, duplicate rules count once, and "any authenticated user" beside another rule is redundant. Rules are
 * compared by the functions and classes in them, never by their names.
 */
import type { AccessLevel, Rule } from '../core/access';
import { isList, type Leaf, leafKindOf } from './rule-kind';

export type Requirement =
  | { readonly key: string; readonly leaf: Leaf }
  | { readonly key: string; readonly kind: 'all' | 'any'; readonly parts: readonly Requirement[] };

/** The rules that must all hold, in no particular order. Empty for an open action. */
export function requirementsOf(levels: readonly AccessLevel[]): readonly Requirement[] {
  return partsOf(
    'all',
    levels.map(({ rule }) => rule),
  );
}

/** A requirement in words that are the same for the same rules, in every process of the same build. */
export function describeRequirement(requirement: Requirement): string {
  if ('leaf' in requirement) return leafKindOf(requirement.leaf).identify(requirement.leaf);
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

function partsOf(kind: 'all' | 'any', rules: readonly Rule[]): Requirement[] {
  const parts = rules
    .map(normalise)
    .flatMap((part) => ('kind' in part && part.kind === kind ? part.parts : [part]));
  const unique = [...new Map(parts.map((part) => [part.key, part])).values()];
  const others = unique.filter((part) => !('leaf' in part) || part.leaf.kind !== 'authenticated');
  return kind === 'all' && others.length > 0 ? others : unique;
}

function keyOf(rule: Leaf): string {
  const terms = leafKindOf(rule).terms(rule);
  return JSON.stringify([rule.kind, ...terms.map((term) => (isReference(term) ? idOf(term) : term))]);
}

function isReference(term: unknown): term is object {
  return typeof term === 'function' || (typeof term === 'object' && term !== null);
}

const ids = new WeakMap<object, number>();
let lastId = 0;

/** A unique number of an object in this process. */
function idOf(object: object): number {
  const id = ids.get(object) ?? (lastId += 1);
  ids.set(object, id);
  return id;
}
