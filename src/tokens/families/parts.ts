import type { RefreshSettings } from '../refresh-options';
import type { IssuedToken } from '../token-service';
import type { Apps } from '../../core/apps';
import type { FamilyStore } from './family-store';
import type { RevokedTokens } from './revoked-tokens';

/** What an access token says of a login. */
export interface TokenFacts {
  readonly username: string;
  readonly userstore: string | undefined;
  /** In milliseconds since the epoch. */
  readonly authenticatedAt: number;
  readonly methods: readonly string[];
  readonly scopes: readonly string[] | undefined;
  readonly stamp: number;
  readonly familyId: string | undefined;
}

/** What families work with. */
export interface FamilyParts {
  /** Digest of whose tokens they are; undefined for all who share the store. */
  readonly service?: string | undefined;
  readonly store: FamilyStore;
  readonly settings: RefreshSettings;
  readonly apps: Apps;
  readonly revoked: RevokedTokens;
  /** Milliseconds since the epoch. @throws TypeError for a clock that is broken */
  readonly now: () => number;
  /** An access token that ends then at the latest; undefined where that is too soon. */
  readonly sign: (facts: TokenFacts, latestEnd: number) => IssuedToken | undefined;
}

/** What a client is given that can refresh its token. */
export interface IssuedTokens extends IssuedToken {
  /** Good for one refresh. It belongs into bodies only. */
  readonly refreshToken: string;
  /** When it ends unless it is used before. */
  readonly refreshExpiresInSeconds: number;
}
