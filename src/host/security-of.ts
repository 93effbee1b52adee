import type { RoutingControllersOptions } from 'routing-controllers';
import { securedBy } from '../security/inspection';
import type { SecurityBinding } from './install';
import type { Security } from './security';

/**
 * The instance behind secured options, for guards, logs and sockets that are set up separately.
 * @param options the result of `securest()` or `secure()`, or options with a bare pair of checkers
 * @throws ConfigurationError for options without securest's own checkers
 * @example const security = securityOf(options); app.use(mount('/files', security.guard('editor', serve('files'))));
 */
export function securityOf(options: RoutingControllersOptions): Security {
  return (securedBy(options) as SecurityBinding).security;
}
