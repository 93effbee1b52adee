import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import type { ResolvedOptions, SecurityOptions } from '../options';
import { assemble } from '../security/assemble';
import { BaseSecurity } from '../security/security';

/**
 * Builds an independent instance, for guards of handlers. Its options are those of `createSecurity()` of `securest`,
 * except `default: 'authenticated'` and `early`, which protect controllers only.
 * @throws ConfigurationError for unknown options, for invalid values, and for these two
 * @example
 * ```ts
 * const security = createSecurity();
 * router.get('/notes', security.guard('reader', list));
 * security.start();
 * ```
 */
export function createSecurity<U extends User = User, R extends string = string>(
  options: SecurityOptions<U, R> = {},
): BaseSecurity<U, R> {
  const parts = assemble(options);
  refuseForControllers(parts.options);
  return new BaseSecurity<U, R>(parts);
}

/** @throws ConfigurationError for protection that a developer who moves an app here would wrongly rely on */
function refuseForControllers(options: ResolvedOptions): void {
  const name =
    options.default === 'authenticated' ? "default: 'authenticated'" : options.early ? 'early' : undefined;
  if (name === undefined) return;
  throw new ConfigurationError(
    `security.${name} protects controllers only, and an app of plain routers has none: leave it out, and guard each route`,
  );
}
