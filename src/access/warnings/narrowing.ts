/**
 * Finds methods that name roles which their classes keep out.
 *
 * routing-controllers adds class and method roles up as "any of", so there such a role got in by itself; here
 * each guard must hold. It is what changes for an app's users on the day that it moves.
 */
import type { Grants } from '../../authorization/grants';
import type { AccessLevel, Rule } from '../../core/access';
import { kindOf } from '../../rules/rule-kind';
import type { CompiledAction } from '../compiled';

/** An action whose method's guard holds with these roles while one of its class's does not. */
export interface Narrowing {
  readonly compiled: CompiledAction;
  /** Sets of roles that are enough for the method, and not for its class. */
  readonly ways: readonly Way[];
  /** The class's guard that the first of them does not satisfy. */
  readonly keptOutBy: AccessLevel;
}

/** A bound for rules that can be satisfied in very many ways: the rest is not looked at. */
const MAX_WAYS = 256;

/** Roles that together are enough, in the order in which they are written. */
type Way = readonly string[];

/** At most one for each action. */
export function findNarrowed(actions: readonly CompiledAction[], grants: Grants): Narrowing[] {
  return actions.flatMap((compiled) => {
    const { access, classLevels } = compiled;
    const methodRules = access.levels.filter((level) => !classLevels.includes(level)).map(({ rule }) => rule);
    const unmetBy = (way: Way) => {
      const roles = grants.withImplied(way);
      const known = {
        has: (role: string) => roles.has(role),
        isGranted: (permission: string) => grants.isGranted(permission, roles),
      };
      return classLevels.find(({ rule }) => kindOf(rule).holdsByRoles?.(rule, known) === false);
    };
    const ways = waysOf({ kind: 'all', rules: methodRules }).filter(
      (way) => way.length > 0 && unmetBy(way) !== undefined,
    );
    const keptOutBy = ways[0] && unmetBy(ways[0]);
    return keptOutBy === undefined ? [] : [{ compiled, ways, keptOutBy }];
  });
}

/** The sets of roles with each of which a rule can hold; what is not about roles is taken to hold. */
function waysOf(rule: Rule): readonly Way[] {
  switch (rule.kind) {
    case 'role':
      return [[rule.role]];
    case 'any':
      return rule.rules.flatMap(waysOf).slice(0, MAX_WAYS);
    case 'all':
      return rule.rules.map(waysOf).reduce<readonly Way[]>(combine, [[]]);
    default:
      return [[]];
  }
}

function combine(before: readonly Way[], next: readonly Way[]): readonly Way[] {
  const ways: Way[] = [];
  for (const some of before) {
    for (const more of next) {
      if (ways.length === MAX_WAYS) return ways;
      ways.push([...new Set([...some, ...more])]);
    }
  }
  return ways;
}
