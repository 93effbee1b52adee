/**
 * What is checked and said when a server starts.
 */
import type { ActionMetadata } from 'routing-controllers';
import { compileAction, type CompiledAction, refuseHalfSetUp } from './access/compile';
import { refuseUnknownNames } from './access/names';
import { findShadowedGuards } from './access/shadowing';
import type { Audit } from './audit';
import { injectControllers } from './drivers/controllers';
import type { ServerFacts } from './drivers/install';
import { ConfigurationError } from './errors';
import type { ResolvedOptions } from './options';
import type { Components } from './registry/components';

/**
 * Compiles a server's actions and refuses those that cannot be trusted.
 * @throws ConfigurationError when a guard is malformed, or something is guarded and nothing can grant.
 */
export function prepareServer(
  actions: readonly ActionMetadata[],
  server: ServerFacts,
  components: Components,
  options: ResolvedOptions,
  audit: Audit,
): readonly CompiledAction[] {
  const compiled = actions.map((action) => compileAction(action, server.routePrefix, options.default));
  refuseHalfSetUp(compiled, server.hasAuthorizationChecker);
  for (const { access } of compiled) refuseUnknownNames(access, options.grants);
  const guarded = compiled.filter(({ access }) => access.levels.length > 0);
  const first = compiled.find(({ access }) => access.levels.length > 0 || access.requiresUser);
  if (first !== undefined && components.providers.length === 0) {
    throw new ConfigurationError(
      `${first.access.action} is guarded but nothing can authenticate: decorate a class with ` +
        '@AuthProvider(order) and import it before the server is created',
    );
  }
  injectControllers(actions, options.container);
  announce(compiled, guarded.length, components, options, audit);
  return compiled;
}

function announce(
  compiled: readonly CompiledAction[],
  guarded: number,
  components: Components,
  options: ResolvedOptions,
  audit: Audit,
): void {
  for (const { name } of components.userstores) audit.info(`userstore ${name}`);
  components.providers.forEach(({ name }, index) => {
    audit.info(`provider ${String(index + 1)} ${name}`);
  });
  for (const { name } of components.authorizationProviders) audit.info(`authorization provider ${name}`);
  for (const { name } of components.roleLoaders) audit.info(`role loader ${name}`);
  const open = compiled.filter(({ access }) => access.levels.length === 0);
  const byDefault = open.filter(({ access }) => access.openedBy === undefined);
  audit.info(
    `${String(guarded)} guarded routes, ${String(open.length - byDefault.length)} opened by @Public(), ` +
      `${String(byDefault.length)} open by default`,
  );
  for (const { access } of byDefault) {
    audit.warn(
      `${access.method} ${access.route} (${access.action}) is open to anyone: ` +
        "guard it with @Authorized(), state it with @Public(), or set default: 'authenticated'",
    );
  }
  for (const { access, losses } of compiled) {
    if (losses.length === 0) continue;
    audit.warn(`${access.action} is inherited and loses ${losses.join(', ')}: declare it in the subclass`);
  }
  for (const warning of findShadowedGuards(compiled)) audit.warn(warning);
  if (options.skip !== undefined) audit.warn('a skip hook is set: what it skips reaches guarded actions');
}
