/**
 * The security report: every route of an app, the identities that may call it, and the reasons. The access comes from
 * the compiler that guards the running server, but no server is started.
 */
import type { CompiledAction } from '../access/compiled';
import { type AccessFacts, type Answer, expectedAccess, type Identity } from '../access/expected-access';
import { summarise } from '../access/summary';
import { functionName } from '../rules/fingerprint';
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

/** One level of a route's guard, in words, and its place in the source. */
export interface ReportedLevel {
  readonly rule: string;
  readonly source: string;
}

/** One route of the report, or a guard outside of actions: the callers that it lets in, and the reasons. */
export interface ReportedRoute {
  /** The HTTP method in upper case; `ALL` for `@All`, `*` for a guard outside of actions. */
  readonly method: string;
  /** The route with its prefixes, `/` for the root; the source of a regular expression; or the name of a guard. */
  readonly path: string;
  readonly action: string;
  /** The class of the action; empty for a guard outside of actions. */
  readonly controller: string;
  /** The access in a few words, such as `admin or editor`. Guards that let the same users in have the same summary. */
  readonly summary: string;
  /** The access in words, as the guards are written. */
  readonly access: string;
  /**
   * The access in normal form, as in the lock file: the same for all guards that let the same users in, and different
   * for different functions. Absent if it equals `access`.
   */
  readonly normalised?: string;
  /** The levels of the guard, each of which must hold. Empty for an open route. */
  readonly levels: readonly ReportedLevel[];
  /** The providers that can authenticate its users, in the order of the chain. */
  readonly providers: readonly string[];
  /** The middlewares and body parsers that see the request before it is authorized, in order. */
  readonly before: readonly string[];
  /** The middlewares and body parsers that see the request after it is authorized and before the action, in order. */
  readonly after: readonly string[];
  /** The earlier routes that answer some or all of its requests and have another access rule. */
  readonly hiddenBy?: string;
  /**
   * Whether each identity of the report may call it. `depends` if the app's own code decides (a policy, an owner, a
   * role loader, an authorization provider), or if the scopes or the age of the login decide.
   */
  readonly may: Readonly<Record<string, Answer>>;
  /** The reason, by identity, of each `no` and `depends`. */
  readonly why: Readonly<Record<string, string>>;
}

/** A role as the options define it, with everything that it implies. */
export interface ReportedRole {
  readonly role: string;
  /** The other roles that it implies, directly or through them. */
  readonly implies: readonly string[];
  /** The permissions that it grants, also through the roles that it implies. */
  readonly permissions: readonly string[];
}

/** The components of one kind, which authenticate users or decide beside the guards. */
export interface ReportedComponents {
  /**
   * The option of {@link SecurityOptions} that lists them: `userstores`, `providers`, `authorizationProviders`,
   * `roleLoaders` or `skip`.
   */
  readonly kind: string;
  /** Their names, in the order in which they are asked; of a `skip` hook its name and a hash of its source text. */
  readonly names: readonly string[];
}

/** The options of {@link securityReport}. */
export interface SecurityReportOptions {
  /** Usernames to look up in the app's userstores. @default [] */
  readonly users?: readonly string[];
}

/** The report of an app: its routes, its roles, its components and the warnings. */
export interface SecurityReport {
  /** `anonymous`, `any login`, then `role NAME` for each known role, and `user NAME` for each requested user. */
  readonly identities: readonly string[];
  /** In the order of registration, which is the order in which they match. */
  readonly routes: readonly ReportedRoute[];
  /** The roles that imply or grant something, by name. Absent if no role does. */
  readonly roles?: readonly ReportedRole[];
  /** The components of the app by kind, without kinds that it does not use. Absent if it has none. */
  readonly components?: readonly ReportedComponents[];
  readonly warnings: readonly AccessWarning[];
}

/** See `on-demand.ts` for the contract. */
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
  const used = componentsOf(inspection);
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
    ...(used.length === 0 ? {} : { components: used }),
    warnings: [
      ...accessWarnings(compiled, inspection.options.grants),
      ...(isGuarded ? [] : lostGuards(compiled)),
      ...(roles === undefined ? [] : unobtainableRoles(accesses, roles.effective)),
      ...ruleWarnings(accesses, components, roles),
    ],
  };
}

/** The access to an action, in words. */
export function describeAccess({ levels, openedBy }: Access): string {
  if (levels.length > 0) return levels.map(({ rule }) => describeRule(rule)).join(' and ');
  return openedBy === undefined ? 'anyone (open by default)' : `anyone (${openedBy})`;
}

/** The access in a few words, the same for all guards that let the same users in. */
export function summaryOf(access: Access, components: Components): string {
  return summaryWith(access, providerLevels(access, components));
}

function summaryWith(access: Access, ofProviders: readonly ReportedLevel[]): string {
  return summarise(
    access,
    ofProviders.map(({ rule }) => rule),
  );
}

function componentsOf({ components, options: { skip } }: Inspection): ReportedComponents[] {
  const kinds = ['userstores', 'providers', 'authorizationProviders', 'roleLoaders'] as const;
  return [
    ...kinds.map((kind) => ({ kind, names: components[kind].map(({ name }) => name) })),
    { kind: 'skip', names: skip === undefined ? [] : [functionName(skip)] },
  ].filter(({ names }) => names.length > 0);
}

/** The part of a route that does not depend on the caller. */
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

/** A guard has no path of its own: only the app knows where it is mounted. */
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

/** The earlier routes that answer for each hidden route. */
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

/** The rules of a guarded route that authorization providers describe. */
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
