import { randomUUID } from 'node:crypto';
import type { AuthProviderInterface, AuthenticationResult } from '../core/auth-provider';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import { BadCredentialsError } from '../errors';
import { setStepInProvider, stepInProvider } from '../components/registry';

const HEADER = 'x-securest-acting-as';

/** Authenticates the user that a test has set, by an id that only this process knows. */
class ActingAsProvider implements AuthProviderInterface {
  readonly name = 'actingAs';
  readonly credential = HEADER;
  private readonly users = new Map<string, User | Authentication>();

  add(user: User | Authentication): string {
    const id = randomUUID();
    this.users.set(id, user);
    return id;
  }

  authenticate(request: SecurityRequest): AuthenticationResult {
    const id = request.header(HEADER);
    if (id === undefined) return null;
    refuseProduction();
    const user = this.users.get(id);
    if (user === undefined) throw new BadCredentialsError();
    return user;
  }
}

/**
 * Request headers that make a test's request act as a user, in every secured app of this process: `fetch(url, {
 * headers: actingAs({ username: 'alice', roles: ['editor'] }) })`. The user is used as given and no userstore is asked;
 * guards, roles and the `active` flag apply as always.
 * @param user the user, or an Authentication that also says when and how the login took place
 * @throws Error when NODE_ENV is production
 */
export function actingAs(user: User | Authentication): Record<string, string> {
  refuseProduction();
  const installed = stepInProvider();
  const provider = installed instanceof ActingAsProvider ? installed : new ActingAsProvider();
  setStepInProvider(provider);
  return { [HEADER]: provider.add(user) };
}

/** Request headers with wrong credentials of this kit's own kind. */
export function badCredentials(): Record<string, string> {
  actingAs({ username: 'nobody' });
  return { [HEADER]: 'unknown' };
}

export function refuseProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  throw new Error('securest/testing lets anyone in, so it refuses NODE_ENV=production');
}
