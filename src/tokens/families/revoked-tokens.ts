/** What of a service's tokens no longer counts: single ones, those of families, those of users. */
import { createHash } from 'node:crypto';
import type { ProblemListener } from '../../core/events';
import type { MaybePromise } from '../../core/userstore';
import type { Revocation } from '../../state/revocation-log';
import type { VerifiedToken } from '../claims';
import type { FamilyRecord } from './family-record';
import type { Person } from '../../core/person';

/** What the reader of the log is asked of a token. */
export interface AskedToken {
  /** 16 hex digits of its own id. */
  readonly id: string;
  /** Those of its family. */
  readonly familyId: string | undefined;
  /** `store:name`, or `:name`. */
  readonly user: string;
  /** In milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** Reads the log of all processes, and appends to it. */
export interface RevocationReader {
  isRevoked(token: AskedToken): MaybePromise<boolean>;
  /** Whether it is known for certain. */
  isKnown(token: AskedToken): boolean;
  revoke(list: readonly Revocation[]): Promise<void>;
  /** Resolves when all is known that was told until now. @throws ServiceUnavailableError where that cannot be */
  hearAll(): Promise<void>;
  readonly ready: Promise<unknown>;
  start(): void;
  /** @returns what ends the listening */
  listen(listener: ProblemListener): () => void;
  close(): void;
}

export interface RevokedTokensOptions {
  /** Undefined where revocation is off. */
  readonly reader: RevocationReader | undefined;
  /** How long a token that is issued now can be accepted. */
  readonly lifeMs: number;
  readonly now: () => number;
}

/** A reply that is under way may still bring a token of a family that has just ended. */
const UNDER_WAY_MS = 60_000;

/** Nothing has it, so nothing can be revoked by it. */
const NO_ID = '';

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The 64 bits by which a token is known in the log. */
export function shortIdOf(tokenId: string): string {
  const parts = UUID.exec(tokenId);
  if (parts !== null) return `${parts[1] ?? ''}${parts[2] ?? ''}${parts[3] ?? ''}`;
  // An id that another service gave which has the same key.
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
      // Families are ended one by one, so one that was started in the very millisecond is a later one.
      issuedAt: familyId === undefined ? issuedAt : issuedAt + 1,
    });
  }

  /**
   * Whether a family, or all that its user had when it was started, is known to have been ended: the entry may be one that
   * a failover or a login under way has left.
   */
  isFamilyEnded(familyId: string, record: FamilyRecord): boolean {
    return this.#isKnown(familyId.slice(0, 16), record);
  }

  /** Whether all that its user had when it was started is known to have been ended. */
  isUserEnded(record: FamilyRecord): boolean {
    return this.#isKnown(NO_ID, record);
  }

  /** Resolves when this process knows all that has been told until now. @throws ServiceUnavailableError */
  async hearAll(): Promise<void> {
    await this.#reader?.hearAll();
  }

  /** @throws ServiceUnavailableError where other processes could not be told yet; here it counts at once */
  async token({ id, acceptedUntil, expiresAt }: VerifiedToken): Promise<void> {
    await this.#reader?.revoke([{ id: shortIdOf(id), until: (acceptedUntil ?? expiresAt).getTime() }]);
  }

  /** @throws the same */
  async families(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const until = this.#until();
    await this.#reader?.revoke(ids.map((id) => ({ id: id.slice(0, 16), until })));
  }

  /** All tokens that were issued to the user until now. @throws the same */
  async user({ homes }: Person, names: readonly string[]): Promise<void> {
    const until = this.#until();
    // Those of this very millisecond are of before, too.
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
