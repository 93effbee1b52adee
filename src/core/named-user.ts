/** A user by name, for what belongs to it and is kept elsewhere than in its userstore: tokens and keys. */
export interface UserName {
  readonly username: string;
  /** The name of the userstore that has the user, in an app with several; never given in an app with one. */
  readonly userstore?: string;
}
