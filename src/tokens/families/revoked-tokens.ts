/** The revocations of a service's tokens: of single tokens, of families and of users. */
import { createHash } from 'node:crypto';
import type { ProblemListener } from '../../core/events';
import type { MaybePromise } from '../../core/userstore';
import type { Revocation } from '../../state/revocation-log';
import type { VerifiedToken } from '../claims';
import type { FamilyRecord } from './family-record';
import type { Person } from '../../core/person';

/** The facts about a token that the reader of the log needs. */
export interface AskedToken {
  /** 16 hex digits of the token's id. */
  readonly id: string;
  /** 16 hex digits of the family's id. */
  readonly familyId: string | undefined;
  /** `store:name`, or `:name`. */
  readonly user: string;
  /** In milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** Reads the log that all processes share, and appends to it. */
export interface RevocationReader {
  isRevoked(token: AskedToken): MaybePromise<boolean>;
  /** Whether the revocation is certain. */
  isKnown(token: AskedToken): boolean;
  revoke(list: readonly Revocation[]): Promise<void>;
  /** Resolves when all earlier revocations are known. @throws ServiceUnavailableError when that is impossible */
  hearAll(): Promise<void>;
  readonly ready: Promise<unknown>;
  start(): void;
  /** @returns a function that stops listening */
  listen(listener: ProblemListener): () => void;
  close(): void;
}

export interface RevokedTokensOptions {
  /** Undefined if revocation is off. */
  readonly reader: RevocationReader | undefined;
  /** How long a token that is issued now may be accepted. */
  readonly lifeMs: number;
  readonly now: () => number;
}

/** A response in progress may still deliver a token of a family that has just ended. */
const UNDER_WAY_MS = 60_000;

/** No token has this id, so it is never revoked. */
const NO_ID = '';

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The 64 bits that identify a token in the log. */
export function shortIdOf(tokenId: string): string {
  const parts = UUID.exec(tokenId);
  if (parts !== null) return `${parts[1] ?? ''}${parts[2] ?? ''}${parts[3] ?? ''}`;
  // The id comes from another service with the same key.
  return createHash('sha256').update(tokenId).digest('hex').slice(0, 16);
}

export class RevokedTokens {
  readonly #reader: RevocationReader | undefined;
  readonly #lifeMs: number;
  readonly #now: () => number;

  constructor({ reader, lifeMs, now }: RevokedTokensOptions) {
    this.#reader = reader;
    this.#lifeMs = lifeMs;
    this.#now = now;
  }

  isRevoked(token: VerifiedToken): MaybePromise<boolean> {
    if (this.#reader === undefined) return false;
    const { familyId, subject, userstore = '' } = token;
    const issuedAt = token.issuedAt.getTime();
    return this.#reader.isRevoked({
      id: shortIdOf(token.id),
      familyId: familyId?.slice(0, 16),
      user: `${userstore}:${subject}`,
      // Families are ended one by one, so a family that was started in the same millisecond counts as a later family.
      issuedAt: familyId === undefined ? issuedAt : issuedAt + 1,
    });
  }

  /**
   * Whether a family, or all families that its user had when it was started, is known to have been ended. The entry may
   * be a remnant of a failover or of a concurrent login.
   */
  isFamilyEnded(familyId: string, record: FamilyRecord): boolean {
    return this.#isKnown(familyId.slice(0, 16), record);
  }

  /** Whether all families that the user had when this family was started are known to have been ended. */
  isUserEnded(record: FamilyRecord): boolean {
    return this.#isKnown(NO_ID, record);
  }

  /** Resolves when this process knows all earlier revocations. @throws ServiceUnavailableError */
  async hearAll(): Promise<void> {
    await this.#reader?.hearAll();
  }

  /** @throws ServiceUnavailableError when the log does not have it yet; in this process it is in effect at once */
  async token({ id, acceptedUntil, expiresAt }: VerifiedToken): Promise<void> {
    await this.#reader?.revoke([{ id: shortIdOf(id), until: (acceptedUntil ?? expiresAt).getTime() }]);
  }

  /** @throws ServiceUnavailableError as {@link token} does */
  async families(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const until = this.#until();
    await this.#reader?.revoke(ids.map((id) => ({ id: id.slice(0, 16), until })));
  }

  /**
   * Revokes all tokens that have been issued to the user so far.
   * @throws ServiceUnavailableError as {@link token} does
   */
  async user({ homes }: Person, names: readonly string[]): Promise<void> {
    const until = this.#until();
    // Tokens of this millisecond are revoked too.
    const before = this.#now() + 1;
    const users = names.flatMap((name) => homes.map((home) => `${home ?? ''}:${name}`));
    await this.#reader?.revoke(users.map((id) => ({ id, until, before })));
  }

  #isKnown(id: string, { user, userstore = '', started }: FamilyRecord): boolean {
    const asked = { id, familyId: id, user: `${userstore}:${user}`, issuedAt: started + 1 };
    return this.#reader?.isKnown(asked) === true;
  }

  #until(): number {
    return this.#now() + this.#lifeMs + UNDER_WAY_MS;
  }
}
