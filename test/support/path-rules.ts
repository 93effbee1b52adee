/** A single rule, matched as path permissions match it. */
import { parsePattern, spelledOut, type Effect } from '../../src/authorization/paths/pattern';
import { parseRequestPath } from '../../src/authorization/paths/request-path';
import { RuleTree } from '../../src/authorization/paths/rule-tree';

export type Outcome = 'match' | 'no match' | 'refused rule' | 'refused path';

const ROLES = new Set(['r']);

export function addRule(tree: RuleTree, effect: Effect, written: string, line = 1): boolean {
  const pattern = parsePattern(written);
  if (typeof pattern === 'string') return false;
  const rule = { effect, role: 'r', pattern, methods: new Set(['*']), line };
  for (const part of spelledOut(written, pattern, effect)) tree.add(rule, part);
  return true;
}

export function matchRule(effect: Effect, written: string, sent: string): Outcome {
  const tree = new RuleTree(effect);
  if (!addRule(tree, effect, written)) return 'refused rule';
  const path = parseRequestPath(sent);
  if (path === undefined) return 'refused path';
  return tree.find(path, 'GET', ROLES) === undefined ? 'no match' : 'match';
}
