/** Rules that combine others. */
import type { Rule } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { chained } from '../util/maybe-promise';
import { addListKind, holds, type KnownRoles, kindOf, type List, type RuleContext } from './rule-kind';

addListKind('all', {
  holds: (rule, context) => allHold(rule.rules, context, 0),
  describe: (rule) => `all of (${wordsOf(rule)})`,
  holdsByRoles: ({ rules }, roles) => {
    const parts = byRoles(rules, roles);
    if (parts.includes(false)) return false;
    return parts.includes(undefined) ? undefined : true;
  },
});

addListKind('any', {
  holds: (rule, context) => anyHolds(rule.rules, context, 0),
  describe: (rule) => `any of (${wordsOf(rule)})`,
  holdsByRoles: ({ rules }, roles) => {
    const parts = byRoles(rules, roles);
    if (parts.includes(true)) return true;
    return parts.includes(undefined) ? undefined : false;
  },
});

function allHold(rules: readonly Rule[], context: RuleContext, index: number): MaybePromise<boolean> {
  const rule = rules[index];
  if (rule === undefined) return true;
  return chained(holds(rule, context), (isMet) => isMet && allHold(rules, context, index + 1));
}

function anyHolds(rules: readonly Rule[], context: RuleContext, index: number): MaybePromise<boolean> {
  const rule = rules[index];
  if (rule === undefined) return false;
  return chained(holds(rule, context), (isMet) => isMet || anyHolds(rules, context, index + 1));
}

function wordsOf({ rules }: List): string {
  return rules.map((rule) => kindOf(rule).describe(rule)).join(', ');
}

function byRoles(rules: readonly Rule[], roles: KnownRoles): readonly (boolean | undefined)[] {
  return rules.map((rule) => kindOf(rule).holdsByRoles?.(rule, roles));
}
