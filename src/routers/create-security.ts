import type { User } from '../core/user';
import type { SecurityOptions } from '../options';
import { assemble } from '../security/assemble';
import { BaseSecurity } from '../security/security';

/**
 * Builds an independent instance, for guards of handlers. Its options are those of `createSecurity()` of `securest`; `default`
 * and `early` are about controllers, and change nothing here.
 * @throws ConfigurationError for options that are unknown or have no valid value
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
  return new BaseSecurity<U, R>(assemble(options));
}
