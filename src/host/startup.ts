/** The checks and log lines when a server starts. */
import type { ActionMetadata } from 'routing-controllers';
import { compileAction, type HostAction, refuseHalfSetUp } from './access/compile';
import { isSamePath } from '../authentication/login-page';
import { HostDeclarations } from './access/declared';
import { refuseUnknownNames } from '../rules/unknown-names';
import { accessWarnings, isOpenByDefault } from '../access/warnings/warnings';
import type { Audit } from '../audit/audit';
import type { ServerFacts } from './install';
import { ConfigurationError } from '../errors';
import type { ResolvedOptions } from '../options';
import type { Components } from '../components/components';
import { credentialsOf } from '../core/auth-provider';
import type { Access, ActionAccess } from '../core/access';
import {
  announceComponents,
  announceRules,
  countGuards,
  refuseUninjectable,
  refuseWithoutProviders,
} from '../security/start-up';
import { isInstance } from '../util/instance';
import { counted } from '../util/counted';
import { listed } from '../util/listed';
import { jwksRouteOf } from './controllers/jwks-controller';

/**
 * Compiles a server's actions and refuses those that cannot be trusted.
 * @throws ConfigurationError if a guard is malformed, or an action is guarded and no provider can grant it.
 */
export function compileServer(
  actions: readonly ActionMetadata[],
  server: ServerFacts,
  components: Components,
  options: ResolvedOptions,
  guards: readonly Access[],
): readonly HostAction[] {
  const declared = new HostDeclarations();
  const compiled = allOrRefused(actions, (action) =>
    compileAction(action, prefixOf(action, server), options.default, declared),
  );
  refuseHalfSetUp(compiled, server.hasAuthorizationChecker);
  for (const { access } of compiled) {
    refuseUnknownNames(access, options.grants);
    refuseUninjectable(access, options.container);
    refuseGuardedLoginPage(access, options.loginPage);
  }
  for (const access of guards) refuseUninjectable(access, options.container);
  if (options.early) refuseBodyCredentials(components);
  refuseWithoutProviders(compiled.find(({ access }) => access.levels.length > 0)?.access, components);
  return compiled;
}

/** @throws ConfigurationError for a provider that reads the body, which could only report missing credentials */
function refuseBodyCredentials({ providers }: Components): void {
  const reader = providers.find(({ get }) => credentialsOf(get()).includes('body'));
  if (reader === undefined) return;
  throw new ConfigurationError(
    `security.early: ${reader.name} reads its credentials in the body (credential 'body'), and early refuses before it ` +
      'is read: check the password in an action that issues a token, or leave early off',
  );
}

const MAX_REFUSED = 20;

/** Reports all malformed guards at once. @throws ConfigurationError with the messages of all of them */
function allOrRefused<T, R>(items: readonly T[], make: (item: T) => R): R[] {
  const refused = new Map<string, ConfigurationError>();
  const made = items.flatMap((item) => {
    try {
      return [make(item)];
    } catch (error) {
      if (!isInstance<ConfigurationError>(error, ConfigurationError)) throw error;
      // A malformed guard of a class is reported for each of its actions.
      refused.set(error.message, error);
      return [];
    }
  });
  const [first] = refused.values();
  if (first === undefined) return made;
  if (refused.size === 1) throw first;
  throw new ConfigurationError(listed([...refused.keys()], MAX_REFUSED));
}

function prefixOf({ target }: ActionMetadata, { routePrefix }: ServerFacts): string {
  return jwksRouteOf(target) === undefined ? routePrefix : '';
}

/** @throws ConfigurationError for a guarded login page, since users have no login yet */
function refuseGuardedLoginPage(
  { levels, method, route, action }: ActionAccess,
  loginPage: string | undefined,
): void {
  if (loginPage === undefined || levels.length === 0 || !isSamePath(route, loginPage)) return;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'ALL') return;
  throw new ConfigurationError(
    `security.loginPage: ${loginPage} is the guarded action ${action}, so nobody could open it: open it by @Public()`,
  );
}

/** Logs the parts of a server, and warns of set-ups that are seldom intended. */
export function announceServer(
  compiled: readonly HostAction[],
  components: Components,
  options: ResolvedOptions,
  audit: Audit,
  guards: readonly Access[],
): void {
  announceComponents(components, options, audit);
  const open = compiled.filter(({ access }) => access.levels.length === 0);
  const byDefault = compiled.filter(isOpenByDefault);
  audit.info(
    `${counted(compiled.length - open.length, 'guarded route')}, ` +
      `${String(open.length - byDefault.length)} opened by @Public(), ` +
      `${String(byDefault.length)} open by default`,
  );
  if (guards.length > 0) audit.info(`${countGuards(guards)} outside of actions`);
  if (byDefault.length > 0) audit.warn(openByDefault(byDefault));
  const warnings = accessWarnings(compiled, options.grants);
  const untyped = warnings.filter(({ code }) => code === 'parameters_without_types');
  if (untyped[0] !== undefined) audit.warn(withOthers(untyped[0].message, untyped.length - 1));
  for (const { code, message } of warnings) {
    if (code !== 'open_without_public' && code !== 'parameters_without_types') audit.warn(message);
  }
  announceRules([...compiled.map(({ access }) => access), ...guards], components, options, audit);
}

const MAX_OPEN = 10;

/** One line for all of them: a new app has many. */
function openByDefault(open: readonly HostAction[]): string {
  const routes = open.map(({ access: { method, route, action } }) => `${method} ${route} (${action})`);
  return (
    `${counted(routes.length, 'route')} ${routes.length === 1 ? 'is' : 'are'} open to anyone: ` +
    `${listed(routes, MAX_OPEN)}. Guard what is not meant so with @Authorized(), state the rest with @Public(), or set ` +
    "default: 'authenticated'. npx securest report <module> --only open lists them"
  );
}

/** All actions of a build have the same cause. */
function withOthers(message: string, others: number): string {
  if (others === 0) return message;
  return `${message}. So ${others === 1 ? 'is' : 'are'} ${counted(others, 'more action')}`;
}
