/** The access in a few words, the same for all guards that let the same users in: `admin or editor`. */
import type { Access } from '../core/access';
import { type Requirement, requirementsOf } from '../rules/normal-form';
import { describeRule } from '../rules/rules';

/** Names that could be read as words of a summary are quoted. */
const PLAIN_NAME = /^(?!(?:and|or|open)$)[\p{L}\p{N}_.:/@-]+$/u;

/**
 * The access in words, in canonical order.
 * @param more further requirements, in words
 */
export function summarise({ levels }: Access, more: readonly string[] = []): string {
  if (levels.length === 0) return 'open';
  const parts = requirementsOf(levels);
  const isAnyLogin = parts.every((part) => 'leaf' in part && part.leaf.kind === 'authenticated');
  const words = [...parts.map((part) => wordsOf(part, parts.length + more.length > 1)), ...more];
  if (isAnyLogin && more.length > 0) return more.toSorted().join(' and ');
  return words.toSorted().join(' and ');
}

function wordsOf(requirement: Requirement, isPart: boolean): string {
  if ('leaf' in requirement) {
    const { leaf } = requirement;
    if (leaf.kind === 'authenticated') return 'any login';
    if (leaf.kind !== 'role') return describeRule(leaf);
    return PLAIN_NAME.test(leaf.role) ? leaf.role : JSON.stringify(leaf.role);
  }
  const parts = requirement.parts.map((part) => wordsOf(part, true)).toSorted();
  const text = parts.join(requirement.kind === 'any' ? ' or ' : ' and ');
  return isPart && parts.length > 1 ? `(${text})` : text;
}
