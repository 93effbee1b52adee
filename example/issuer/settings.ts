/** The settings that the app needs before it can start. */
export class Settings {
  constructor(
    /** The issuer whose tokens the app accepts. */
    readonly issuer: string,
    /** The URL of the app for its clients, which is also its name in the issuer's tokens. */
    readonly url: string,
  ) {}
}
