import { AuthProvider, MemoryUserstore, type User, Userstore } from 'securest';
import { type AccessToken, AccessTokenProvider } from 'securest/oidc';
import { Settings } from './settings';

/** The users and their roles in this app. The issuer authenticates the users; its ids identify them here. */
@Userstore()
export class Users extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'u-1001', email: 'alice@notes.example', roles: ['author'] },
        { username: 'u-1002', email: 'bob@notes.example' },
      ],
    });
  }
}

/** Access tokens of the issuer: `Authorization: Bearer`. */
@AuthProvider(1)
export class Company extends AccessTokenProvider {
  constructor({ issuer, url }: Settings) {
    super({ issuer, audience: url, type: 'at+jwt' });
  }

  /** The only machine that may call. It is not in the userstore and has no role. */
  override findClient({ clientId }: AccessToken): User | null {
    return clientId === 'nightly-report' ? { username: 'client:nightly-report' } : null;
  }
}
