/** Names a user, for data of the user that is kept outside the userstore: tokens and keys. */
export interface UserName {
  readonly username: string;
  /** The name of the user's userstore: required in an app with several. */
  readonly userstore?: string | undefined;
}
