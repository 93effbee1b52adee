/** The security of the notes app on plain routers: the userstore and the providers are those of example/notes. */
import type { IncomingMessage } from 'node:http';
import {
  type Authentication,
  AuthenticationRequiredError,
  createSecurity,
  type Security,
} from 'securest/routers';
import { Container } from 'typedi';
import { Settings } from '../notes/settings';
// These imports register the userstore and the providers.
import '../notes/auth';
import '../notes/users';

export function notesSecurity(settings: Settings): Security {
  Container.set(Settings, settings);
  return createSecurity({ roles: ['admin', 'editor'], roleHierarchy: { admin: ['editor'] } });
}

/** The login that a guard has let in. */
export function loginOf(
  security: Security,
  request: { req: IncomingMessage } | IncomingMessage,
): Authentication {
  const login = security.loginOf(request);
  if (login === undefined) throw new AuthenticationRequiredError();
  return login;
}
