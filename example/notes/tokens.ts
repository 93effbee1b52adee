import { TokenService } from 'securest';
import { Service } from 'typedi';
import { Settings } from './settings';

/** Issues, refreshes and verifies the tokens of this app. */
@Service()
export class Tokens extends TokenService {
  constructor(settings: Settings) {
    const { tokenSecret, state } = settings;
    super({ secret: tokenSecret, issuer: 'notes', audience: 'notes-api', ttlSeconds: 600, state });
  }
}
