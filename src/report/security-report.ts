/**
 * The security report: every route of an app with who may call it and why, worked out by the same compiler
 * that guards the running server, without starting one.
 */
import type { CompiledAction } from '../access/compiled';
import { type AccessFacts, type Answer, expectedAccess, type Identity } from '../access/expected-access';
import { summarise } from '../access/summary';
import { describeRequirements, requirementsOf } from '../rules/normal-form';
import { describeRule } from '../rules/rules';
import { findHidden } from '../access/warnings/shadowing';
import { accessWarnings, type AccessWarning } from '../access/warnings/warnings';
import { isDecidedEarly } from '../authorization/decided-early';
import { obtainableRoles } from '../authorization/obtainable-roles';
import { ruleWarnings } from '../access/warnings/rule-warnings';
import type { Access } from '../core/access';
import { accessFacts } from '../security/access-facts';
import { type Inspection, inspectOptions, type SecuredApp } from '../security/inspection';
import type { Components } from '../components/components';
import { identitiesOf } from './identities';
import { unobtainableRoles } from '../access/warnings/unobtainable-roles';

/** One level of a route's guard, in words, and where it was written. */
export interface ReportedLevel {
  readonly rule: string;
  readonly source: string;
}

/** One route of the report, or a guard outside of actions: the callers that it lets in, and why. */
export interface ReportedRoute {
  /** The HTTP method in upper case; `ALL` for `@All`, `*` for a guard outside of actions. */
  readonly method: string;
  /** The route with its prefixes, `/` for the root; a regular expression as its source; the name of a guard. */
  readonly path: string;
  readonly action: string;
  /** The class of the action; empty for a guard outside of actions. */
  readonly controller: string;
  /** Who may call it in a few words, the same for all guards that let the same users in: `admin or editor`. */
  readonly summary: string;
  /** Who may call it, in words, as the guards are written. */
  readonly access: string;
  /**
   * The access in one form for all guards that let the same users in, its functions distinguished: the form of the
   * lock file. Absent where it is the same as `access`.
   */
  readonly normalised?: string;
  /** Empty for an open route. Each must hold. */
  readonly levels: readonly ReportedLevel[];
  /** The providers that can authenticate its users, in the order in which they are asked. */
  readonly providers: readonly string[];
  /** What sees the request before it is authorized, in order. */
  readonly before: readonly string[];
  /** What sees it only when it has been authorized, before the action. */
  readonly after: readonly string[];
  /** The earlier routes that answer some or all of its requests in its place and ask for something else. */
  readonly hiddenBy?: string;
  /**
   * Whether each identity of the report may call it. `depends` where the app's own code decides (a policy, an owner, a
   * role loader, an authorization provider), or the scopes and the age of the login.
   */
  readonly may: Readonly<Record<string, Answer>>;
  /** The reason, by identity, of each `no` and `depends`. */
  readonly why: Readonly<Record<string, string>>;
}

/** What the options say of a role, with all that follows from it. */
export interface ReportedRole {
  readonly role: string;
  /** The other roles that it implies, also by way of those. */
  readonly implies: readonly string[];
  /** What it grants, also by the roles that it implies. */
  readonly permissions: readonly string[];
}

/** The options of {@link securityReport}. */
export interface SecurityReportOptions {
  /** Usernames, which are looked up in the app's userstores. @default [] */
  readonly users?: readonly string[];
}

/** The report of an app: its routes, its roles and the warnings. */
export interface SecurityReport {
  /** `anonymous`, `any login`, then `role NAME` for each role that is known, and `user NAME` for each user asked for. */
  readonly identities: readonly string[];
  /** In the order in which they are registered, which is the order in which they match. */
  readonly routes: readonly ReportedRoute[];
  /** What roles imply and grant, by name. Absent where no role does. */
  readonly roles?: readonly ReportedRole[];
  readonly warnings: readonly AccessWarning[];
}

/**
 * Reports on an app's options, as `securest()` or `secure()` returned them, or with the bare pair in them, or on the guards of
 * an instance.
 * @throws ConfigurationError for options without securest's checkers, where a server would not start, and for a user
 * whom no userstore has
 */
export async function securityReport(
  app: SecuredApp,
  { users = [] }: SecurityReportOptions = {},
): Promise<SecurityReport> {
  const inspection = inspectOptions(app);
  const { compiled, components, guards, middlewares, isGuarded } = inspection;
  const roles = await obtainableRoles(components, inspection.options.grants);
  const accesses = [...compiled.map(({ access }) => access), ...guards];
  const hiders = hidersOf(compiled);
  const identities = await identitiesOf(inspection, users);
  const facts = accessFacts(inspection);
  const mayCall = (access: Access) => mayOf(access, identities, facts);
  const granting = inspection.options.grants.granting();
  return {
    identities: [...identities.keys()],
    routes: [
      ...compiled.map((action) => ({
        ...reportRoute(action, inspection, middlewares, hiders.get(action) ?? []),
        ...mayCall(action.access),
      })),
      ...guards.map((access) => ({ ...reportGuard(access, components), ...mayCall(access) })),
    ],
    ...(granting.length === 0 ? {} : { roles: granting }),
    warnings: [
      ...accessWarnings(compiled, inspection.options.grants),
      ...(isGuarded ? [] : lostGuards(compiled)),
      ...(roles === undefined ? [] : unobtainableRoles(accesses, roles.effective)),
      ...ruleWarnings(accesses, components, roles),
    ],
  };
}

/** Who may call an action, in words. */
export function describeAccess({ levels, openedBy }: Access): string {
  if (levels.length > 0) return levels.map(({ rule }) => describeRule(rule)).join(' and ');
  return openedBy === undefined ? 'anyone (open by default)' : `anyone (${openedBy})`;
}

/** Who may call it in a few words, the same for all guards that let the same users in. */
export function summaryOf(access: Access, components: Components): string {
  return summaryWith(access, providerLevels(access, components));
}

function summaryWith(access: Access, ofProviders: readonly ReportedLevel[]): string {
  return summarise(
    access,
    ofProviders.map(({ rule }) => rule),
  );
}

/** What of a route does not depend on who calls it. */
type Decided = Omit<ReportedRoute, 'may' | 'why'>;

function mayOf(
  access: Access,
  identities: ReadonlyMap<string, Identity>,
  facts: AccessFacts,
): Pick<ReportedRoute, 'may' | 'why'> {
  const expected = [...identities].map(
    ([name, identity]) => [name, expectedAccess(access, identity, facts)] as const,
  );
  return {
    may: Object.fromEntries(expected.map(([name, { answer }]) => [name, answer])),
    why: Object.fromEntries(
      expected.flatMap(([name, { why }]) => (why === undefined ? [] : [[name, why] as const])),
    ),
  };
}

function reportRoute(
  { action, access }: CompiledAction,
  { components, options }: Inspection,
  middlewares: readonly string[],
  hiders: readonly CompiledAction[],
): Decided {
  const uses = [...action.controllerMetadata.uses, ...action.uses].filter(({ afterAction }) => !afterAction);
  const ofAction = [
    ...(action.isBodyUsed ? ['body parser'] : []),
    ...uses.map(({ middleware }) => middleware.name),
  ];
  const isEarly = options.early && isDecidedEarly(access, components);
  return {
    method: access.method,
    path: access.route,
    action: access.action,
    controller: action.controllerMetadata.target.name,
    ...reportAccess(access, components),
    before: [...middlewares, ...(isEarly ? [] : ofAction)],
    after: [...(isEarly ? ofAction : []), ...(action.isFileUsed || action.isFilesUsed ? ['upload'] : [])],
    ...(hiders.length === 0 ? {} : { hiddenBy: hiders.map(nameOf).join(', ') }),
  };
}

/** Which paths lead to what it guards is known by the app alone. */
function reportGuard(access: Access, components: Components): Decided {
  const path = access.action.replace(/^guard /, '');
  return {
    method: '*',
    path,
    action: access.action,
    controller: '',
    ...reportAccess(access, components),
    before: [],
    after: [],
  };
}

function reportAccess(
  access: Access,
  components: Components,
): Pick<ReportedRoute, 'access' | 'normalised' | 'summary' | 'levels' | 'providers'> {
  const ofProviders = providerLevels(access, components);
  const levels = [
    ...access.levels.map(({ rule, source }) => ({ rule: describeRule(rule), source })),
    ...ofProviders,
  ];
  const written = levels.length === 0 ? describeAccess(access) : levels.map(({ rule }) => rule).join(' and ');
  const normalised = normalise(access, ofProviders);
  return {
    access: written,
    summary: summaryWith(access, ofProviders),
    ...(normalised === written ? {} : { normalised }),
    levels,
    providers: access.levels.length === 0 ? [] : components.providers.map(({ name }) => name),
  };
}

/** What answers for each route that is hidden. */
function hidersOf(
  compiled: readonly CompiledAction[],
): ReadonlyMap<CompiledAction, readonly CompiledAction[]> {
  const hiders = new Map<CompiledAction, CompiledAction[]>();
  for (const { later, earlier } of findHidden(compiled)) {
    hiders.set(later, [...(hiders.get(later) ?? []), earlier]);
  }
  return hiders;
}

function nameOf({ access: { method, route, action } }: CompiledAction): string {
  return `${method} ${route} (${action})`;
}

function normalise({ levels }: Access, ofProviders: readonly ReportedLevel[]): string {
  if (levels.length === 0) return 'anyone';
  const asked = ofProviders.map(({ rule }) => rule).toSorted();
  return [...describeRequirements(requirementsOf(levels)), ...asked].join(' and ');
}

/** What authorization providers say that they ask of a guarded route. */
function providerLevels(access: Access, { authorizationProviders }: Components): ReportedLevel[] {
  if (access.levels.length === 0) return [];
  return authorizationProviders.flatMap((provider) => {
    const rule = provider.get().describe?.(access);
    return rule === undefined ? [] : [{ rule, source: provider.name }];
  });
}

function lostGuards(compiled: readonly CompiledAction[]): AccessWarning[] {
  return compiled
    .filter(({ access }) => access.levels.length > 0)
    .map(({ access: { action } }) => ({
      code: 'guard_lost',
      action,
      message: `${action} is guarded, but only currentUserChecker is set: set authorizationChecker too`,
    }));
}
