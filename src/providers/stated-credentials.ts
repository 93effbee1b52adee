/**
 * A password that came otherwise than in `Authorization`: in the body of a login. It is handed to the password providers
 * by the very request that they are asked about, so that what an app adds to `authenticate()` counts there too.
 */
import type { SecurityRequest } from '../core/request';
import type { BasicCredentials } from './basic-credentials';

const stated = new WeakMap<SecurityRequest, BasicCredentials>();

/** States it for a request of one provider's own. */
export function stateCredentials(request: SecurityRequest, credentials: BasicCredentials): void {
  stated.set(request, credentials);
}

export function statedCredentialsOf(request: SecurityRequest): BasicCredentials | undefined {
  return stated.get(request);
}
