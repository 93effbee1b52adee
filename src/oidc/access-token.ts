import type { JsonObject } from '../tokens/json';

/** The claims of a token as the issuer wrote them. Read only own properties. */
export type Claims = Readonly<Record<string, unknown>>;

/** A verified access token of another issuer. */
export interface AccessToken {
  /** The issuer (`iss`). */
  readonly issuer: string;
  /**
   * The user or client that the token stands for (`sub`), unique within the issuer; undefined only for an introspected
   * token of a client.
   */
  readonly subject: string | undefined;
  /** The client that received it: `client_id`, `azp` or `cid`. */
  readonly clientId: string | undefined;
  /** True if a client acts for itself, without a user. */
  readonly isClient: boolean;
  /** The scopes that it is limited to (`scope` or `scp`); empty if the token states no scopes. */
  readonly scopes: readonly string[];
  /** When its user logged in (`auth_time`); undefined if that is unknown. */
  readonly authenticatedAt: Date | undefined;
  /** All claims, frozen. */
  readonly claims: Claims;
}

/** The keys that a token is bound to. @see RFC 7800 section 3.1 */
export interface Binding {
  /** The thumbprint of the key of DPoP proofs. @see RFC 9449 section 6.1 */
  readonly jkt: string | undefined;
  /** The thumbprint of the client's certificate. @see RFC 8705 section 3.1 */
  readonly certificate: string | undefined;
}

/** The content of a token's claims, independent of the time; its times are in milliseconds. */
export interface Statement {
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  readonly isClient: boolean;
  readonly scopes: readonly string[];
  /** The methods by which its user logged in (`amr`). */
  readonly methods: readonly string[];
  readonly binding: Binding;
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
  readonly authenticatedAt: number | undefined;
  readonly claims: JsonObject;
}

/** A verified token with all data that a login needs. */
export interface VerifiedAccessToken {
  readonly token: AccessToken;
  readonly methods: readonly string[];
  readonly binding: Binding;
  readonly issuedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** `expiresAt` with the accepted clock difference. */
  readonly acceptedUntil: Date | undefined;
}
