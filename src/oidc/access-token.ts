import type { JsonObject } from '../tokens/json';

/** What a token states, as the issuer wrote it; read it by own properties only. */
export type Claims = Readonly<Record<string, unknown>>;

/** An access token of another issuer, after it was verified. */
export interface AccessToken {
  /** Who issued it (`iss`). */
  readonly issuer: string;
  /** Whom it is for (`sub`), unique with the issuer; undefined only for a client's token that was introspected. */
  readonly subject: string | undefined;
  /** The client that got it: `client_id`, `azp` or `cid`. */
  readonly clientId: string | undefined;
  /** True where a client acts for itself, and no user is behind it. */
  readonly isClient: boolean;
  /** What it is limited to (`scope` or `scp`); none where it states none. */
  readonly scopes: readonly string[];
  /** When its user logged in (`auth_time`); undefined where that is not known. */
  readonly authenticatedAt: Date | undefined;
  /** All that it states, frozen. */
  readonly claims: Claims;
}

/** To which keys a token is bound. @see RFC 7800 section 3.1 */
export interface Binding {
  /** The thumbprint of the key of DPoP proofs. @see RFC 9449 section 6.1 */
  readonly jkt: string | undefined;
  /** The thumbprint of the client's certificate. @see RFC 8705 section 3.1 */
  readonly certificate: string | undefined;
}

/** What the claims of a token say, whatever time it is; its times are in milliseconds. */
export interface Statement {
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  readonly isClient: boolean;
  readonly scopes: readonly string[];
  /** How its user logged in (`amr`). */
  readonly methods: readonly string[];
  readonly binding: Binding;
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
  readonly authenticatedAt: number | undefined;
  readonly claims: JsonObject;
}

/** A verified token with all that a login by it needs. */
export interface VerifiedAccessToken {
  readonly token: AccessToken;
  readonly methods: readonly string[];
  readonly binding: Binding;
  readonly issuedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** `expiresAt` with the accepted clock difference. */
  readonly acceptedUntil: Date | undefined;
}
