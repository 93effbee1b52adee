/** One-time codes of an authenticator app, and recovery codes. An app's service extends {@link OtpService}. */
import { randomBytes } from 'node:crypto';
import { Apps } from '../core/apps';
import type { AppFacts } from '../core/auth-provider';
import { BadCredentialsError, SecurityFaultError, ServiceUnavailableError } from '../errors';
import { askStore } from '../state/ask-store';
import { Throttle } from '../throttle/throttle';
import type { Clock } from '../util/clock';
import { isInstance } from '../util/instance';
import { callable, kind, optional, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { isSameSecret } from '../util/same-secret';
import { toBase32 } from './base32';
import { type FactorSecret, keysOf, seal, secrets, unseal } from './factor-secret';
import type { OtpStoreInterface } from './factor-stores';
import { codeOf, stepAt } from './one-time-code';
import { reportMemory } from './memory-factors';
import { NEW_RECORD, type OtpRecord, readOtp, writeOtp } from './otp-record';
import { newRecoveryCodes, readRecoveryCode, recoveryDigest } from './recovery-codes';
import type { FactorOwner, SecondFactorInterface } from './second-factor';

/** The options of {@link OtpService}. */
export interface OtpServiceOptions {
  /** Stores the keys and recovery codes of users. */
  store: OtpStoreInterface;
  /** Encrypts the keys: at least 32 bytes. The first of a list is used and all are accepted. */
  secret: FactorSecret;
  /** The name of this app in authenticator apps, without a colon. @default the realm of the app */
  issuer?: string;
  /** How many wrong codes per hour are free. @default five for an account and address, ten for an account */
  throttle?: Throttle;
  /** @default that of the app */
  clock?: Clock;
}

/** After this many wrong codes without a right one, codes are no longer accepted. @see NIST SP 800-63B section 5.2.2 */
const MAX_WRONG = 100;
const KEY_BYTES = 20;
const TRIES = 20;

const OPTIONS = {
  store: withMethods<OtpStoreInterface>('getOtp', 'updateOtp'),
  secret: secrets,
  issuer: optional(
    kind<string>(
      'must be printable ASCII without a colon',
      (value) => typeof value === 'string' && /^[\x20-\x39\x3b-\x7e]+$/.test(value),
    ),
  ),
  throttle: optional(kind<Throttle>('must be a Throttle', (value) => isInstance(value, Throttle))),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof OtpServiceOptions, Kind<unknown>>;

/** Access to a service's private methods for the app's controllers. */
let startIn: (otp: OtpService, app: AppFacts) => void;
let reopenIn: (otp: OtpService, user: FactorOwner) => Promise<void>;

/**
 * Sets up, verifies and removes one-time codes by time (RFC 6238: SHA-1, six digits, 30 seconds, one step either way)
 * and recovery codes. Keys are stored encrypted, recovery codes as hashes. A code is valid once: the last used step is
 * stored by compare-and-swap. Wrong codes are counted for the account, before the code is checked. After a hundred
 * wrong codes without a right one, only a recovery code or another factor helps.
 *
 * @example
 * ```ts
 * @Service()
 * class Otp extends OtpService {
 *   constructor() {
 * super({ store: new SqlFactors({ client: pool }), secret: process.env.FACTOR_SECRET });
 *   }
 * }
 * ```
 */
export class OtpService implements SecondFactorInterface {
  readonly kind = 'otp';
  readonly #store: OtpStoreInterface;
  readonly #keys: readonly Buffer[];
  readonly #issuer: string | undefined;
  readonly #throttle: Throttle;
  readonly #apps = new Apps('OtpService', 'otpController()');
  #clock: Clock;
  readonly #hasClock: boolean;

  static {
    startIn = (otp, app) => {
      otp.#apps.start(app);
      if (!otp.#hasClock) otp.#clock = app.clock;
      reportMemory(otp.constructor.name, otp.#store, app);
    };
    reopenIn = (otp, user) =>
      otp.#change(user, (record) => ({
        next: record?.closed === true ? { ...record, wrong: 0, closed: false } : record,
        result: undefined,
      }));
  }

  /** @throws ConfigurationError for options that are unknown, missing or not valid, and a secret that is too short */
  constructor(options: OtpServiceOptions) {
    const { store, secret, issuer, throttle, clock } = parseOptions(new.target.name, options, OPTIONS);
    this.#store = store;
    this.#keys = keysOf(secret, 'one-time codes');
    this.#issuer = issuer;
    this.#throttle = throttle ?? new Throttle({ perPair: 5, perAccount: 10 });
    this.#hasClock = clock !== undefined;
    this.#clock = clock ?? Date.now;
  }

  /** @throws ServiceUnavailableError when the store cannot answer */
  async isEnrolled(user: FactorOwner): Promise<boolean> {
    const { record } = await this.#read(user);
    return record?.key !== undefined;
  }

  /**
   * A new key, which becomes active with {@link confirm}; an existing key stays active until then.
   * @returns the key in Base32, and as an `otpauth://` URI for the QR code that authenticator apps scan
   * @throws ServiceUnavailableError when the store cannot answer
   */
  async setUp(user: FactorOwner): Promise<{ secret: string; uri: string }> {
    const key = randomBytes(KEY_BYTES);
    const pending = seal(this.#keys, key, boundTo(user));
    await this.#change(user, (record = { ...NEW_RECORD, userId: user.userId }) => ({
      next: { ...record, pending },
      result: undefined,
    }));
    const secret = toBase32(key);
    return { secret, uri: this.#uriOf(user, secret) };
  }

  /**
   * Activates the key of {@link setUp}, if the code belongs to it.
   * @returns ten recovery codes, which cannot be shown again; earlier recovery codes become invalid
   * @throws BadCredentialsError for a wrong code, and when no key has been set up
   */
  async confirm(user: FactorOwner, code: string): Promise<readonly string[]> {
    const codes = newRecoveryCodes();
    await this.#change(user, (record) => {
      const step =
        record?.pending === undefined ? undefined : this.#stepOf(this.#keyOf(user, record.pending), code);
      if (record === undefined || step === undefined)
        throw wrong('The code is not one of the key that is set up');
      const { userId, pending: key } = record;
      const next = { ...NEW_RECORD, userId, key, lastStep: step, recovery: codes.map(digestOfShown) };
      return { next, result: undefined };
    });
    return codes;
  }

  /**
   * Verifies a one-time code or a recovery code, which is used up by that.
   * @param ip of the client, for the count of wrong codes
   * @returns which of the two kinds the code was
   * @throws BadCredentialsError for a wrong code, and ThrottledError when attempts must wait
   * @throws ServiceUnavailableError when the store cannot answer
   */
  async verify(user: FactorOwner, code: string, ip: string): Promise<'otp' | 'recovery'> {
    const attempt = { username: JSON.stringify([user.userstore ?? null, user.username]), ip };
    await this.#throttle.check(attempt);
    const counted = await this.#throttle.count(attempt);
    try {
      const outcome = await this.#change(user, (record) => this.#judged(user, record, code));
      if (outcome === 'closed') {
        this.#apps.emit({ type: 'factor_closed', user: user.username, method: 'otp' }, user.userstore);
      }
      if (outcome === 'otp' || outcome === 'recovery') {
        await counted.succeeded();
        return outcome;
      }
    } catch (error) {
      await counted.undecided();
      throw error;
    }
    throw wrong('The code is wrong, or was used before');
  }

  /**
   * Ten new recovery codes, which replace the earlier ones.
   * @throws BadCredentialsError when the user has no one-time codes
   */
  async newRecoveryCodes(user: FactorOwner): Promise<readonly string[]> {
    const codes = newRecoveryCodes();
    await this.#change(user, (record) => {
      if (record?.key === undefined) throw wrong('The user has no one-time codes');
      return { next: { ...record, recovery: codes.map(digestOfShown) }, result: undefined };
    });
    return codes;
  }

  /** Removes one-time codes and recovery codes; false if the user has none. */
  async remove(user: FactorOwner): Promise<boolean> {
    return this.#change(user, (record) => ({ next: undefined, result: record?.key !== undefined }));
  }

  /** The verdict on a code, and the record to store with it: the verdict is void unless the record is stored. */
  #judged(user: FactorOwner, record: OtpRecord | undefined, code: string): Change<Verdict> {
    if (record?.key === undefined) return { next: record, result: 'wrong' };
    const recovery = readRecoveryCode(code);
    const digest = recovery === undefined ? undefined : recoveryDigest(recovery);
    const left = record.recovery.filter((kept) => digest === undefined || !isSameSecret(kept, digest));
    if (left.length < record.recovery.length) {
      return { next: { ...record, recovery: left, wrong: 0, closed: false }, result: 'recovery' };
    }
    const step = this.#stepOf(this.#keyOf(user, record.key), code);
    if (step !== undefined && step > record.lastStep && !record.closed) {
      return { next: { ...record, lastStep: step, wrong: 0 }, result: 'otp' };
    }
    const count = record.wrong + 1;
    const isClosing = count >= MAX_WRONG && !record.closed;
    return {
      next: { ...record, wrong: count, closed: record.closed || isClosing },
      result: isClosing ? 'closed' : 'wrong',
    };
  }

  /** The step that a code belongs to, in a time that does not depend on the step; undefined for a wrong code. */
  #stepOf(key: Buffer, code: string): number | undefined {
    const typed = code.length <= 32 ? code.replace(/\s/g, '') : '';
    const now = stepAt(this.#clock());
    const steps = [now - 1, now, now + 1].filter((step) => step >= 0);
    const [found] = steps.filter((step) => isSameSecret(codeOf(key, step), typed)).reverse();
    return found;
  }

  #keyOf(user: FactorOwner, sealed: string): Buffer {
    const key = unseal(this.#keys, sealed, boundTo(user));
    if (key !== undefined) return key;
    throw new ServiceUnavailableError({
      cause: new Error('No secret of the options has encrypted the key of the one-time codes'),
    });
  }

  async #read(user: FactorOwner): Promise<{ text: string | undefined; record: OtpRecord | undefined }> {
    const text = (await askStore(() => this.#store.getOtp(user))) ?? undefined;
    if (text === undefined) return { text, record: undefined };
    const record = readOtp(text);
    // The record of a former user of the name is ignored, and replaced by a new setup.
    return { text, record: record.userId === user.userId ? record : undefined };
  }

  /** Repeats a change of the record until it succeeds without a concurrent change. */
  async #change<T>(user: FactorOwner, change: (record: OtpRecord | undefined) => Change<T>): Promise<T> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { text, record } = await this.#read(user);
      const { next, result } = change(record);
      const nextText = next && writeOtp(next);
      if (nextText === text) return result;
      // The record of a former user of the name stays unless a new record replaces it.
      if (record === undefined && next === undefined) return result;
      const isDone: unknown = await askStore(() => this.#store.updateOtp(user, nextText, text));
      if (typeof isDone !== 'boolean') throw notBoolean();
      if (isDone) return result;
    }
    throw new ServiceUnavailableError({
      retryAfterSeconds: 1,
      cause: new Error('The stored one-time-code record was changed concurrently each time'),
    });
  }

  /** @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
  #uriOf({ username }: FactorOwner, secret: string): string {
    const issuer = encodeURIComponent(this.#issuer ?? this.#apps.of()?.realm.replaceAll(':', ' ') ?? 'api');
    const query = `secret=${secret}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`;
    return `otpauth://totp/${issuer}:${encodeURIComponent(username)}?${query}`;
  }
}

/** For controllers. Not a member, since apps have no use for it. */
export function startOtp(otp: OtpService, app: AppFacts): void {
  startIn(otp, app);
}

/** Makes one-time codes acceptable again after too many wrong ones: the user has proved a passkey. */
export function reopenOtp(otp: OtpService, user: FactorOwner): Promise<void> {
  return reopenIn(otp, user);
}

type Verdict = 'otp' | 'recovery' | 'wrong' | 'closed';

interface Change<T> {
  /** Undefined removes the record. */
  readonly next: OtpRecord | undefined;
  readonly result: T;
}

/** The owner of a key: the key of another user does not decrypt. */
function boundTo({ username, userstore, userId }: FactorOwner): string {
  return JSON.stringify([userstore ?? null, username, userId ?? null]);
}

function digestOfShown(code: string): string {
  return recoveryDigest(code.replaceAll('-', ''));
}

function notBoolean(): SecurityFaultError {
  return new SecurityFaultError({ cause: new TypeError('updateOtp() must return true or false') });
}

function wrong(reason: string): BadCredentialsError {
  return new BadCredentialsError({ cause: new Error(reason) });
}
