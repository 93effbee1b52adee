import type { RefreshSettings } from '../refresh-options';
import type { IssuedToken } from '../token-service';
import type { Apps } from '../../core/apps';
import type { FamilyStore } from './family-store';
import type { RevokedTokens } from './revoked-tokens';

/** The facts about a login in an access token. */
export interface TokenFacts {
  readonly username: string;
  readonly userstore: string | undefined;
  /** In milliseconds since the epoch. */
  readonly authenticatedAt: number;
  readonly methods: readonly string[];
  readonly scopes: readonly string[] | undefined;
  readonly stamp: number;
  readonly familyId: string | undefined;
  /** The permanent id of the user. */
  readonly userId: string | undefined;
}

/** The services that families use. */
export interface FamilyParts {
  /** Digest of the issuer and audience; undefined for families of all services that share the store. */
  readonly service?: string | undefined;
  readonly store: FamilyStore;
  readonly settings: RefreshSettings;
  readonly apps: Apps;
  readonly revoked: RevokedTokens;
  /** Milliseconds since the epoch. @throws TypeError when the clock is broken */
  readonly now: () => number;
  /** An access token that ends at this time at the latest; undefined if that is too soon. */
  readonly sign: (facts: TokenFacts, latestEnd: number) => IssuedToken | undefined;
}

/** The tokens for a client that can refresh its access token. */
export interface IssuedTokens extends IssuedToken {
  /** Valid for one refresh. Send it in bodies only. */
  readonly refreshToken: string;
  /** After how many seconds it ends if it is not used. */
  readonly refreshExpiresInSeconds: number;
}
