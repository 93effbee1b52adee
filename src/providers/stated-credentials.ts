/**
 * A password that did not come in `Authorization` but in the body of a login. The password providers get it with the
 * request that they are asked about, so that an app's own override of `authenticate()` counts there too.
 */
import type { SecurityRequest } from '../core/request';
import type { BasicCredentials } from './basic-credentials';

const stated = new WeakMap<SecurityRequest, BasicCredentials>();

/** States the credentials for the request of a single provider. */
export function stateCredentials(request: SecurityRequest, credentials: BasicCredentials): void {
  stated.set(request, credentials);
}

export function statedCredentialsOf(request: SecurityRequest): BasicCredentials | undefined {
  return stated.get(request);
}
