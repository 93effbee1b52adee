import { MemoryState, type StateStoreInterface } from 'securest';

/** The settings that the app needs before it can start. `createApp` puts them into the container. */
export class Settings {
  constructor(
    /** The folder that holds users.yaml, secrets.json and notes.json. */
    readonly folder: string,
    readonly tokenSecret: string,
    /**
     * The store of logins and API keys. In memory, a restart ends them. example/notes-sql keeps them in its database.
     */
    readonly state: StateStoreInterface = new MemoryState(),
  ) {}
}
