import type { RoutingControllersOptions } from 'routing-controllers';
import { ConfigurationError } from '../errors';
import { bindingOfPair, type SecurityBinding } from './install';
import type { Security } from './security';

/**
 * The instance behind secured options, for what is set up beside them: guards, logs, sockets.
 * @param options what `securest()` or `secure()` returned, or options with a bare pair of checkers
 * @throws ConfigurationError for options without securest's own checkers
 * @example const security = securityOf(options); app.use(mount('/files', security.guard('editor', serve('files'))));
 */
export function securityOf(options: RoutingControllersOptions): Security {
  return securedBy(options).security;
}

/** @throws ConfigurationError for options that are not secured */
export function securedBy(options: RoutingControllersOptions): SecurityBinding {
  const given: unknown = options;
  const binding = typeof given === 'object' && given !== null ? bindingOfPair(given) : undefined;
  if (binding !== undefined) return binding;
  throw new ConfigurationError('The options are not secured: hand over what securest() or secure() returns');
}
