import type { User } from './user';

/** What is known about a login beside the user. */
export interface AuthenticationDetails {
  /** When the user proved who they are; for a token, when the login behind it took place. @default now */
  authenticatedAt?: Date;
  /** How it was proved, as RFC 8176 values where one fits: `pwd`, `otp`, `kerberos`. @default [] */
  methods?: readonly string[];
  /** What the credential is limited to; undefined is no limit. */
  scopes?: readonly string[] | undefined;
  /** When the credential ends; undefined when it does not end by itself. */
  expiresAt?: Date | undefined;
  /** What the credential says beside the user, for example a token's claims. @default {} */
  claims?: Readonly<Record<string, unknown>>;
  /**
   * Headers that the reply to this request carries, whatever the action answers: for what proves the server to the
   * client. @default {}
   */
  replyHeaders?: Readonly<Record<string, string>>;
}

/**
 * One proven login: who, when, and how. A provider returns one in place of a bare user when it knows more
 * than the user; `new Authentication(user)` states a new login, now.
 */
export class Authentication<U extends User = User> {
  readonly user: U;
  readonly authenticatedAt: Date;
  readonly methods: readonly string[];
  readonly scopes: readonly string[] | undefined;
  readonly expiresAt: Date | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly replyHeaders: Readonly<Record<string, string>>;

  constructor(user: U, details: AuthenticationDetails = {}) {
    this.user = user;
    this.authenticatedAt = details.authenticatedAt ?? new Date();
    this.methods = details.methods ?? [];
    this.scopes = details.scopes;
    this.expiresAt = details.expiresAt;
    this.claims = details.claims ?? {};
    this.replyHeaders = details.replyHeaders ?? {};
  }
}
