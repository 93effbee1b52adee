/**
 * Whether an identity may call a route, read off the effective access rule by rule and without a request: yes, no, or
 * "depends" if only the app's own code or the login itself can tell. The report and the authorization matrix both use
 * it, so that they never differ.
 */
import type { Access, AccessLevel } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { Grants } from '../authorization/grants';
import { type KnownRoles, kindOf } from '../rules/rule-kind';
import { describeLevel } from '../rules/rules';

export type Answer = 'yes' | 'no' | 'depends';

/** The identity in question. */
export interface Identity {
  /** False for a client without credentials, and for a user who may not log in. */
  readonly isAuthenticated: boolean;
  /** The assigned roles, without the roles that they imply. */
  readonly roles: Iterable<string>;
  /** Undefined if the question is about any login of such a user, so that its scopes and its age are unknown. */
  readonly login?: Authentication | undefined;
}

/** The other parts of an app that decide besides the guards. */
export interface AccessFacts {
  readonly grants: Grants;
  /** The names of the role loaders: each may add any role, and removes no role. */
  readonly roleLoaders: readonly string[];
  /** The names of the authorization providers: each may refuse any guarded action. */
  readonly authorizationProviders: readonly string[];
}

export interface ExpectedAccess {
  readonly answer: Answer;
  /** In words; undefined for a yes. */
  readonly why: string | undefined;
}

const YES: ExpectedAccess = { answer: 'yes', why: undefined };

/** Whether an identity may call a guarded route. @throws TypeError for a rule of an unknown kind */
export function expectedAccess(access: Access, identity: Identity, facts: AccessFacts): ExpectedAccess {
  if (access.levels.length === 0) return YES;
  if (!identity.isAuthenticated) return { answer: 'no', why: 'no login' };
  const answers = levelAnswers(access, identity, facts);
  const levelsOf = (wanted: Answer): string[] =>
    answers.filter(({ answer }) => answer === wanted).map(({ level }) => describeLevel(level));
  const refusing = levelsOf('no');
  if (refusing.length > 0) return { answer: 'no', why: `lacks ${refusing.join(' and ')}` };
  const asked = facts.authorizationProviders.map((name) => `authorization provider ${name}`);
  const open = [...levelsOf('depends'), ...asked];
  return open.length === 0 ? YES : { answer: 'depends', why: open.join(' and ') };
}

/** The same for each level separately, for an authenticated identity. */
export function levelAnswers(
  { levels }: Access,
  { roles, login }: Identity,
  { grants, roleLoaders }: AccessFacts,
): readonly { readonly level: AccessLevel; readonly answer: Answer }[] {
  const effective = grants.withImplied(roles);
  const absent = roleLoaders.length > 0 ? undefined : false;
  const known: KnownRoles = {
    login,
    has: (role) => effective.has(role) || absent,
    isGranted: (permission) => grants.isGranted(permission, effective) || absent,
  };
  return levels.map((level) => {
    const holds = kindOf(level.rule).holdsByRoles?.(level.rule, known);
    return { level, answer: holds === undefined ? 'depends' : holds ? 'yes' : 'no' };
  });
}
