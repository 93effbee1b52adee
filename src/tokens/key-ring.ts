/** The keys of a set at a given time: which of them signs, which are accepted, which are published. */
import { createHmac, hash, type KeyObject } from 'node:crypto';
import { ConfigurationError } from '../errors';
import type { Jwk } from '../util/jwk';
import type { Clock } from '../util/clock';
import { parseOptions } from '../util/parse-options';
import type { JwsKey, JwsKeys } from './jws';
import { jwsKey } from './jws-key';
import { publicJwk, readMaterial } from './key-material';
import { isKid, TOKEN_KEY, type TokenAlgorithm } from './token-key';
import type { AcceptedKeys } from './verified-tokens';

export interface KeyRingOptions {
  /** The owner of the keys, named in errors. */
  readonly component: string;
  readonly clock: Clock;
  /** True if each key that signs must state `signFrom`. */
  readonly mustSayWhen?: boolean;
  /** True if the set need not be able to sign now. */
  readonly mayBeUnable?: boolean;
  /**
   * The ring to replace: keys that are equal in both keep their identity, so that tokens which they signed need not be
   * verified again.
   */
  readonly before?: KeyRing | undefined;
}

/** Times in milliseconds. */
export interface KeyTimes {
  readonly algorithm: TokenAlgorithm;
  /** Undefined for a key that never signs. */
  readonly signFrom: number | undefined;
  /** Infinity if the key never ends. */
  readonly until: number;
}

interface RingKey extends KeyTimes {
  readonly kid: string | null;
  readonly material: KeyObject;
  readonly jws: JwsKey;
  /** The public half in its published form; undefined for a secret. */
  readonly jwk: Jwk | undefined;
}

const MAX_KEYS = 100;

export class KeyRing implements JwsKeys, AcceptedKeys {
  readonly #keys: readonly RingKey[];
  readonly #byKid: ReadonlyMap<unknown, RingKey>;
  readonly #byJws: ReadonlyMap<object, RingKey>;
  /** The keys that sign, the latest `signFrom` first. */
  readonly #signers: readonly RingKey[];
  readonly #clock: Clock;

  /**
   * Reads the keys.
   * @throws ConfigurationError when a key is not valid, when two keys have the same kid, or when no key may sign now;
   * it names the key by its position
   */
  constructor(keys: unknown, options: KeyRingOptions) {
    const { component, clock } = options;
    if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
      throw new ConfigurationError(`${component}: keys must be a list of 1 to ${String(MAX_KEYS)} keys`);
    }
    this.#clock = clock;
    const now = clock();
    this.#keys = Array.from(keys, (key: unknown, index) => readKey(key, index, now, options));
    this.#byKid = byKid(this.#keys, component);
    this.#byJws = new Map(this.#keys.map((key) => [key.jws, key]));
    this.#signers = this.#keys
      .filter(({ signFrom }) => signFrom !== undefined)
      .toSorted((one, other) => Number(other.signFrom) - Number(one.signFrom));
    if (options.mayBeUnable !== true) this.signing();
  }

  /** The times of each key, in the given order of the keys. */
  get times(): readonly KeyTimes[] {
    return this.#keys.map(({ algorithm, signFrom, until }) => ({ algorithm, signFrom, until }));
  }

  /** The key that signs now. @throws ConfigurationError when no key may sign now */
  signing(): JwsKey {
    const now = this.#clock();
    const key = this.#signers.find(({ signFrom, until }) => Number(signFrom) <= now && now < until);
    if (key !== undefined) return key.jws;
    throw new ConfigurationError(
      'No key may sign tokens now: one of the keys must be a private key or a secret, with signFrom in the past and ' +
        'until in the future',
    );
  }

  named(kid: unknown): JwsKey | undefined {
    // A token with `"kid": null` finds no key: the map never has null as a key.
    const key = this.#byKid.get(kid);
    return key !== undefined && this.#isAccepted(key) ? key.jws : undefined;
  }

  accepts(jws: object): boolean {
    const key = this.#byJws.get(jws);
    return key !== undefined && this.#isAccepted(key);
  }

  jwks(): { keys: readonly Jwk[] } {
    const accepted = this.#keys.filter((key) => this.#isAccepted(key));
    return { keys: accepted.flatMap(({ jwk }) => (jwk === undefined ? [] : [{ ...jwk }])) };
  }

  /** The key that is equal to the given one. */
  same({ algorithm, kid, material }: Pick<RingKey, 'algorithm' | 'kid' | 'material'>): JwsKey | undefined {
    const key = this.#byKid.get(kid ?? undefined);
    return key?.algorithm === algorithm && key.material.equals(material) ? key.jws : undefined;
  }

  #isAccepted({ until }: RingKey): boolean {
    return until === Infinity || this.#clock() < until;
  }
}

function readKey(given: unknown, index: number, now: number, options: KeyRingOptions): RingKey {
  const { component, mustSayWhen = false, before } = options;
  const place = `keys[${String(index)}]`;
  const fail = (problem: string): never => {
    throw new ConfigurationError(`${component}: ${place} ${problem}`);
  };
  if (given === undefined) fail('must be an object');
  const { algorithm, key, kid: stated, signFrom, until } = parseOptions(component, given, TOKEN_KEY, place);
  const {
    key: material,
    publicKey,
    kid: inJwk,
  } = readMaterial(algorithm, key, (problem) => fail(`.key ${problem}`));
  const named = stated === undefined ? inJwk : stated;
  if (named !== undefined && named !== null && !isKid(named)) {
    return fail('.key has a kid that is not 1 to 256 printable ASCII characters');
  }
  if (stated === null && algorithm !== 'HS256') fail('must have a kid: only HS256 may go without');
  const kid = stated === null ? null : (named ?? defaultKid(material));
  const canSign = kid !== null && material.type !== 'public';
  if (canSign && mustSayWhen && signFrom === undefined) {
    fail('must have signFrom, so that a reload never makes an older key sign again');
  }
  if (signFrom !== undefined && until !== undefined && !(signFrom < until)) {
    fail('must have an until that is later than its signFrom');
  }
  const jws = before?.same({ algorithm, kid, material }) ?? jwsKey(algorithm, material, kid ?? undefined);
  if (material.type === 'private' && !jws.verify(PROBE, jws.sign(PROBE))) {
    fail('.key has halves that do not belong together');
  }
  return {
    algorithm,
    kid,
    material,
    jws,
    signFrom: canSign ? (signFrom?.getTime() ?? now) : undefined,
    until: until?.getTime() ?? Infinity,
    jwk: publicKey && { ...publicJwk(publicKey), ...(kid !== null && { kid }), alg: algorithm, use: 'sig' },
  };
}

/** The text that a new key signs as a test. It does not have the form of a token. */
const PROBE = 'securest';

/** The keys by the `kid` of a token's header; undefined stands for a header without `kid`. */
function byKid(keys: readonly RingKey[], component: string): ReadonlyMap<unknown, RingKey> {
  const found = new Map<unknown, RingKey>();
  for (const [index, key] of keys.entries()) {
    const kid = key.kid ?? undefined;
    if (found.has(kid)) {
      throw new ConfigurationError(
        `${component}: keys[${String(index)}] has the kid of another key, or is the same key`,
      );
    }
    found.set(kid, key);
  }
  return found;
}

/** @see RFC 7638 section 3 */
function defaultKid(key: KeyObject): string {
  // Not the thumbprint, which is meant for public keys only (RFC 7638 section 7).
  if (key.type === 'secret') return createHmac('sha256', key).update('securest kid').digest('base64url');
  // Node exports exactly the members that the thumbprint requires.
  const members = Object.entries(publicJwk(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url');
}
