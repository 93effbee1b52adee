import type { Access, AccessLevel } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { chained } from '../util/maybe-promise';
import { holds, type RuleContext } from './rule-kind';

/** The first level of an access that does not hold; undefined if all hold. Synchronous if no rule has to wait. */
export function firstUnmetLevel(access: Access, context: RuleContext): MaybePromise<AccessLevel | undefined> {
  return firstUnmet(access.levels, context, 0);
}

function firstUnmet(
  levels: readonly AccessLevel[],
  context: RuleContext,
  index: number,
): MaybePromise<AccessLevel | undefined> {
  const level = levels[index];
  if (level === undefined) return undefined;
  return chained(holds(level.rule, context), (isMet: unknown) =>
    isMet === true ? firstUnmet(levels, context, index + 1) : level,
  );
}
