/** The start-up log lines and checks of an instance, for every framework. */
import { ruleWarnings } from '../access/warnings/rule-warnings';
import type { Audit } from '../audit/audit';
import { obtainableRoles } from '../authorization/obtainable-roles';
import type { Components } from '../components/components';
import type { ContainerLike } from '../components/constructor';
import { injectionFault } from '../components/injection';
import { decorated } from '../components/registry';
import type { Access } from '../core/access';
import { ConfigurationError } from '../errors';
import type { ResolvedOptions } from '../options';
import { counted } from '../util/counted';
import { type Leaf, leavesOf } from '../rules/rule-kind';
import { placeOf } from '../rules/unknown-names';

/** @throws ConfigurationError if the container cannot inject the constructor parameters of a guard's class */
export function refuseUninjectable({ levels, route }: Access, container: ContainerLike): void {
  for (const { rule, source } of levels) {
    for (const leaf of leavesOf(rule)) {
      const cls = leaf.kind === 'policy' ? leaf.policy : leaf.kind === 'owner' ? leaf.store : undefined;
      const fault = cls && injectionFault(container, cls);
      if (fault !== undefined) throw new ConfigurationError(`${placeOf(source, { route })}: ${fault}`);
    }
  }
}

/** @throws ConfigurationError if an action is guarded and no provider can authenticate */
export function refuseWithoutProviders(guarded: Access | undefined, { providers }: Components): void {
  if (guarded === undefined || providers.length > 0) return;
  throw new ConfigurationError(
    `${guarded.action} is guarded but nothing can authenticate: decorate a class with ` +
      '@AuthProvider(order) and import it before the app starts',
  );
}

/** Logs the components that are asked: stores, providers, authorization providers and role loaders. */
export function announceComponents(components: Components, options: ResolvedOptions, audit: Audit): void {
  for (const { name } of components.userstores) audit.info(`userstore ${name}`);
  if (options.userstores === undefined) for (const twins of storesOfOneOrder()) audit.warn(twins);
  components.providers.forEach(({ name }, index) => {
    audit.info(`provider ${String(index + 1)} ${name}`);
  });
  for (const { name } of components.authorizationProviders) audit.info(`authorization provider ${name}`);
  for (const { name } of components.roleLoaders) audit.info(`role loader ${name}`);
}

/** Where a name is in several stores, the first one decides whose password and roles count. */
function storesOfOneOrder(): string[] {
  const stores = decorated('userstores');
  return stores.slice(1).flatMap(({ cls, order }, index) => {
    const before = stores[index];
    if (before?.order !== order) return [];
    return [
      `${before.cls.name} and ${cls.name} both have @Userstore(${String(order)}), so the one whose file is imported ` +
        'first is asked first: give each userstore an order of its own',
    ];
  });
}

/** The number of the guards outside of actions, and of the open routes of the library's own. */
export function countGuards(all: readonly Access[]): string {
  const open = all.filter(({ levels }) => levels.length === 0).length;
  const guards = counted(all.length - open, 'guard');
  return open === 0 ? guards : `${guards}, ${counted(open, 'open route')}`;
}

/** Warns of guards that are seldom intended. */
export function announceRules(
  accesses: readonly Access[],
  components: Components,
  options: ResolvedOptions,
  audit: Audit,
): void {
  void announceRuleWarnings(accesses, components, options, audit);
  for (const warning of undatedLogins(accesses, components)) audit.warn(warning);
  if (options.skip !== undefined)
    audit.warn('a skip hook is set: requests that it skips reach guarded actions');
}

/** Providers whose logins count as logins of this moment, although nothing says that they are. */
function undatedLogins(accesses: readonly Access[], { providers }: Components): string[] {
  const asking = accesses.find(({ levels }) => levels.some(({ rule }) => leavesOf(rule).some(asksForAge)));
  if (asking === undefined) return [];
  return providers
    .filter((provider) => provider.get().proves === undefined)
    .map(
      ({ name }) =>
        `${name} does not declare \`proves\`, so recentLogin() at ${asking.action} takes each of its logins without ` +
        "`authenticatedAt` for one of this moment: declare `proves = 'login'` if that is true, otherwise 'token' or 'key'",
    );
}

function asksForAge(leaf: Leaf): boolean {
  return leaf.kind === 'login' && leaf.maxAgeSeconds !== undefined;
}

/** Logged a moment later than the rest: a store may have to be asked for its roles. Never rejects. */
async function announceRuleWarnings(
  accesses: readonly Access[],
  components: Components,
  { grants }: ResolvedOptions,
  audit: Audit,
): Promise<void> {
  if (components.authorizationProviders.every((provider) => provider.get().warnings === undefined)) return;
  try {
    const roles = await obtainableRoles(components, grants);
    for (const { message } of ruleWarnings(accesses, components, roles)) audit.warn(message);
  } catch (cause) {
    audit.error('The rules of the authorization providers could not be checked', cause);
  }
}
