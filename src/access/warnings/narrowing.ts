/**
 * Finds methods that name roles which their classes keep out.
 *
 * routing-controllers adds class and method roles together as "any of", so there the method's role was enough. Here
 * each guard must hold. This changes access for users on the day that an app migrates.
 */
import type { Grants } from '../../authorization/grants';
import type { AccessLevel, Rule } from '../../core/access';
import { kindOf } from '../../rules/rule-kind';
import type { CompiledAction } from '../compiled';

/** An action whose method guard holds with these roles while a class guard does not. */
export interface Narrowing {
  readonly compiled: CompiledAction;
  /** Sets of roles that satisfy the method's guard, but not the class's. */
  readonly ways: readonly Way[];
  /** The class guard that the first set does not satisfy. */
  readonly keptOutBy: AccessLevel;
}

/** A bound for rules with very many combinations: further combinations are ignored. */
const MAX_WAYS = 256;

/** Roles that are enough together, in the order of declaration. */
type Way = readonly string[];

/** Returns at most one finding for each action. */
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

/** The sets of roles that each satisfy a rule; rules that are not about roles are assumed to hold. */
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
