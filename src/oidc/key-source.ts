import type { KeyObject } from 'node:crypto';
import type { Problem } from '../core/events';
import { invalid } from '../tokens/jws';
import type { Clock } from '../util/clock';
import type { Discovery } from './discovery';
import { FetchFailedError, type JsonFetcher } from './fetch-json';
import { KeySet } from './key-set';
import { Refreshed } from './refreshed';

/** Reports a problem; its component is the provider. */
export type Report = (problem: Pick<Problem, 'type' | 'problem'>) => void;

/** A source of an issuer's keys. */
export interface KeySource {
  /** Loads the keys in the background. */
  start(): void;
  /**
   * The keys that may have signed a token.
   * @throws TokenInvalidError when the issuer has no such key, ServiceUnavailableError when that is unknown
   */
  find(algorithm: string, kid: string | undefined): Promise<readonly KeyObject[]>;
  /** True for a key that {@link find} may still return. */
  has(key: KeyObject): boolean;
  /** Loads keys again after `close()`. */
  resume(): void;
  close(): void;
}

/** Keys from the options. */
export class FixedKeys implements KeySource {
  constructor(private readonly keys: KeySet) {}

  start(): void {
    // The keys are already present.
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must reject, as with fetched keys
  async find(algorithm: string, kid: string | undefined): Promise<readonly KeyObject[]> {
    return known(this.keys.matching(algorithm, kid));
  }

  has(key: KeyObject): boolean {
    return this.keys.has(key);
  }

  resume(): void {
    // Nothing was closed.
  }

  close(): void {
    // Nothing is open.
  }
}

export interface FetchedKeysOptions {
  readonly fetcher: JsonFetcher;
  readonly clock: Clock;
  readonly report: Report;
}

const FRESH_MS = 10 * 60_000;
const USABLE_MS = 60 * 60_000;

/** Keys that an issuer publishes, at a given address or at the address in its discovery. */
export class FetchedKeys implements KeySource {
  readonly #sets: Refreshed<KeySet>;
  #said = '';

  constructor(
    private readonly place: string | Discovery,
    private readonly options: FetchedKeysOptions,
  ) {
    const name = typeof place === 'string' ? place.replace(/\?.*/, '') : place.issuer;
    this.#sets = new Refreshed(() => this.#load(), {
      freshMs: FRESH_MS,
      usableMs: USABLE_MS,
      clock: options.clock,
      onChange: (isUp, failure) => {
        const problem = isUp
          ? `the keys of ${name} are loaded again`
          : `the keys of ${name} cannot be loaded: ${reasonOf(failure)}`;
        options.report({ type: isUp ? 'recovered' : 'degraded', problem });
      },
    });
  }

  start(): void {
    this.#sets.start();
  }

  async find(algorithm: string, kid: string | undefined): Promise<readonly KeyObject[]> {
    const matching = (await this.#sets.get()).matching(algorithm, kid);
    if (matching.length > 0) return matching;
    // The issuer may have started to use another key.
    return known((await this.#sets.renewed()).matching(algorithm, kid));
  }

  has(key: KeyObject): boolean {
    return this.#sets.present()?.has(key) === true;
  }

  resume(): void {
    this.#sets.resume();
  }

  close(): void {
    this.#sets.close();
  }

  /** @throws ServiceUnavailableError when there are no usable keys */
  async ready(): Promise<void> {
    await this.#sets.get();
  }

  async #load(): Promise<KeySet> {
    const { place } = this;
    if (typeof place === 'string') return this.#fetch(place);
    const { jwksUri } = await place.get();
    try {
      return await this.#fetch(jwksUri);
    } catch (error) {
      const renewed = await place.renewed();
      if (renewed.jwksUri === jwksUri) throw error;
      return await this.#fetch(renewed.jwksUri);
    }
  }

  async #fetch(address: unknown): Promise<KeySet> {
    if (typeof address !== 'string') throw new FetchFailedError('discovery states no jwks_uri');
    const document = await this.options.fetcher.fetch(address);
    const keys: unknown = Object.hasOwn(document, 'keys') ? document['keys'] : undefined;
    if (!Array.isArray(keys)) throw new FetchFailedError('the reply of the issuer is not a set of keys');
    const set = new KeySet(keys as readonly unknown[]);
    this.#tellSkipped(set.skipped.slice(0, MAX_TOLD).join(', '));
    return set;
  }

  #tellSkipped(skipped: string): void {
    if (skipped === this.#said) return;
    this.#said = skipped;
    if (skipped !== '') this.options.report({ problem: `keys of the issuer are skipped: ${skipped}` });
  }
}

/** An issuer's set may have thousands of keys. */
const MAX_TOLD = 8;

function known(keys: readonly KeyObject[]): readonly KeyObject[] {
  if (keys.length === 0) throw invalid('The issuer has no key of the kid and alg');
  return keys;
}

/** Why an issuer could not be asked, without any text that it sent. */
export function reasonOf(failure: unknown): string {
  for (let error = failure, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if (error instanceof FetchFailedError) return error.message;
  }
  return 'an unexpected error';
}
