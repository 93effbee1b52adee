/** What the app must know before it can start. */
export class Settings {
  constructor(
    /** The issuer whose tokens it takes. */
    readonly issuer: string,
    /** Where clients reach the app, which is also how the issuer's tokens name it. */
    readonly url: string,
  ) {}
}
