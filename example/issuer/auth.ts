import { AuthProvider, MemoryUserstore, type User, Userstore } from 'securest';
import { type AccessToken, AccessTokenProvider } from 'securest/oidc';
import { Settings } from './settings';

/** Who may do what here. The issuer knows who people are; by the ids that it gives them they are known here too. */
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

  /** The one machine that may call. It is nobody of the userstore, and has no role. */
  override findClient({ clientId }: AccessToken): User | null {
    return clientId === 'nightly-report' ? { username: 'client:nightly-report' } : null;
  }
}
