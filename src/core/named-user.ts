/** A user by name, for what belongs to it and is kept elsewhere than in its userstore: tokens and keys. */
export interface UserName {
  readonly username: string;
  /** The name of the userstore that has the user: needed in an app with several. */
  readonly userstore?: string | undefined;
}
