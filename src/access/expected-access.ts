/**
 * Whether an identity may call something, read off the effective access rule by rule and without a request: yes, no,
 * or depends where only the app's own code, or the login itself, can tell. The report, the authorization matrix and
 * what refuses early ask here, so that they never differ.
 */
import type { Access, AccessLevel } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { Grants } from '../authorization/grants';
import { type KnownRoles, kindOf } from '../rules/rule-kind';
import { describeLevel } from '../rules/rules';

export type Answer = 'yes' | 'no' | 'depends';

/** Who is asked about. */
export interface Identity {
  /** False for a client without credentials, and for a user who may not log in. */
  readonly isAuthenticated: boolean;
  /** The roles that are assigned, without what they imply. */
  readonly roles: Iterable<string>;
  /** Undefined where any login of such a user is asked about, so that its scopes and its age are not known. */
  readonly login?: Authentication | undefined;
}

/** What an app asks beside the guards. */
export interface AccessFacts {
  readonly grants: Grants;
  /** The names of the role loaders: each may add any role, and takes none away. */
  readonly roleLoaders: readonly string[];
  /** The names of the authorization providers: each may refuse whatever is guarded. */
  readonly authorizationProviders: readonly string[];
}

export interface ExpectedAccess {
  readonly answer: Answer;
  /** In words; undefined for a yes. */
  readonly why: string | undefined;
}

const YES: ExpectedAccess = { answer: 'yes', why: undefined };

/** Whether an identity may call what an access guards. @throws TypeError for a rule of no kind */
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

/** The same for each level by itself, of an identity that is authenticated. */
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
