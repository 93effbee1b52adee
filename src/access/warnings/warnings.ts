/**
 * Configurations that are allowed but seldom intended. They are reported as warnings in the log when a server starts,
 * and in the report.
 */
import type { Grants } from '../../authorization/grants';
import type { Access } from '../../core/access';
import type { CompiledAction } from '../compiled';
import { findNarrowed, type Narrowing } from './narrowing';
import { describeRule } from '../../rules/rules';
import { type RouteFault, routeFault } from './route-faults';
import { findShadows } from './shadowing';
import { type TypeFault, typeFaults } from './parameter-types';

/** Stable names, for builds that fail on a warning. */
export type WarningCode =
  | 'open_without_public'
  | 'inheritance_loss'
  | 'guarded_route_hidden'
  | 'narrowed_by_class'
  | 'guard_lost'
  | 'unobtainable_role'
  | 'rule_without_route'
  | RouteFault['code']
  | TypeFault['code'];

/** A risk that the report and the start-up log name: a stable code, and advice in words. */
export interface AccessWarning {
  readonly code: WarningCode;
  /** The action concerned, for example `NotesController.list`, or the authorization provider. */
  readonly action: string;
  readonly message: string;
}

/** The warnings that follow from a server's actions alone. */
export function accessWarnings(compiled: readonly CompiledAction[], grants: Grants): AccessWarning[] {
  return [
    ...compiled.filter(isOpenByDefault).map(({ access }) => ({
      code: 'open_without_public' as const,
      action: access.action,
      message:
        `${routeOf(access)} is open to anyone: ` +
        "guard it with @Authorized(), state it with @Public(), or set default: 'authenticated'",
    })),
    ...compiled
      .filter(({ losses }) => losses.length > 0)
      .map(({ access, losses }) => ({
        code: 'inheritance_loss' as const,
        action: access.action,
        message: `${access.action} is inherited and loses ${losses.join(', ')}: declare it in the subclass`,
      })),
    ...compiled.flatMap((one) => {
      const fault = routeFault(one);
      if (fault === undefined) return [];
      const { access } = one;
      return [
        { code: fault.code, action: access.action, message: `${routeOf(access)} ${fault.consequence}` },
      ];
    }),
    ...compiled.flatMap((one) =>
      typeFaults(one).map(({ code, consequence }) => ({
        code,
        action: one.access.action,
        message: `${routeOf(one.access)} ${consequence}`,
      })),
    ),
    ...findShadows(compiled).map(({ later, earlier }) => {
      const what = earlier.access.levels.length === 0 ? 'is open' : 'asks for something else';
      return {
        code: 'guarded_route_hidden' as const,
        action: later.access.action,
        message:
          `${routeOf(later.access)} is guarded, but ${routeOf(earlier.access)}, which ${what}, ` +
          'comes first and answers for it',
      };
    }),
    ...findNarrowed(compiled, grants).map(narrowedWarning),
  ];
}

function narrowedWarning({ compiled: { access }, ways, keptOutBy }: Narrowing): AccessWarning {
  const roles = [...new Set(ways.map((way) => way.join(' with ')))].join(' or ');
  return {
    code: 'narrowed_by_class',
    action: access.action,
    message:
      `${routeOf(access)} needs more than role ${roles}: the guard on ${keptOutBy.source} ` +
      `(${describeRule(keptOutBy.rule)}) must hold too. Without securest either of the two was enough. Where both are ` +
      'meant, say so on the method: allOf() with both',
  };
}

/** True for an action that anyone may call without an explicit declaration. */
export function isOpenByDefault({ access }: CompiledAction): boolean {
  return access.levels.length === 0 && access.openedBy === undefined;
}

function routeOf({ method, route, action }: Access): string {
  return `${method} ${route} (${action})`;
}
