import {
  AuthProvider,
  OtpService,
  PasswordProvider,
  SessionProvider,
  SessionService,
  Userstore,
} from 'securest';
import { PasskeyService } from 'securest/passkeys';
import { SqlFactors, SqlState, SqlUserstore } from 'securest/sql';
import { Service } from 'typedi';
import { WebSettings } from './settings';

@Userstore()
export class Users extends SqlUserstore {
  constructor({ database }: WebSettings) {
    super({ client: database });
  }
}

@Service()
export class Sessions extends SessionService {
  constructor({ database }: WebSettings) {
    // Apps on localhost share their cookies, so the cookie needs a name of its own.
    super({ state: new SqlState({ client: database }), cookie: { name: 'notes' } });
  }
}

@Service()
export class Otp extends OtpService {
  constructor({ database, secrets }: WebSettings) {
    super({ store: new SqlFactors({ client: database }), secret: secrets.factors, issuer: 'Notes' });
  }
}

@Service()
export class Passkeys extends PasskeyService {
  constructor({ database, secrets, url }: WebSettings) {
    const { hostname, origin } = new URL(url);
    super({
      store: new SqlFactors({ client: database }),
      secret: secrets.factors,
      rpId: hostname,
      rpName: 'Notes',
      origins: [origin],
    });
  }
}

/** Passwords of the login form. Without `Authorization: Basic`, which would open the browser's own login window. */
@AuthProvider(1)
export class Password extends PasswordProvider {
  constructor() {
    super({ basic: false });
  }
}

/** The session cookie. */
@AuthProvider(2)
export class Session extends SessionProvider {
  constructor(sessions: Sessions) {
    super(sessions);
  }
}
