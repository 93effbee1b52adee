/** What the app must know before it can start. Set in the container by `createApp`. */
export class Settings {
  constructor(
    /** The folder that holds users.yaml, secrets.json and notes.json. */
    readonly folder: string,
    readonly tokenSecret: string,
  ) {}
}
