import { MemoryState, type StateStoreInterface } from 'securest';

/** What the app must know before it can start. Set in the container by `createApp`. */
export class Settings {
  constructor(
    /** The folder that holds users.yaml, secrets.json and notes.json. */
    readonly folder: string,
    readonly tokenSecret: string,
    /** Where logins and API keys are kept: in memory a restart ends them. example/notes-sql keeps them in its database. */
    readonly state: StateStoreInterface = new MemoryState(),
  ) {}
}
