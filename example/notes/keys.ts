import { ApiKeys } from 'securest';
import { Service } from 'typedi';
import { Settings } from './settings';

/** The API keys that users of this app create for their scripts. */
@Service()
export class Keys extends ApiKeys {
  constructor({ state }: Settings) {
    super({ state, prefix: 'notes' });
  }
}
