import { TokenService } from 'securest';
import { Service } from 'typedi';
import { Settings } from './settings';

/** Issues and verifies the tokens of this app. */
@Service()
export class Tokens extends TokenService {
  constructor(settings: Settings) {
    super({ secret: settings.tokenSecret, issuer: 'notes', audience: 'notes-api', ttlSeconds: 600 });
  }
}
