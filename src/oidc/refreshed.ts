import { ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';

export interface RefreshedOptions {
  /** How long a value is used before it is loaded again in the background. */
  readonly freshMs: number;
  /** How long a value is used while it cannot be loaded again. */
  readonly usableMs: number;
  readonly clock: Clock;
  /** Called when loading starts to fail, with the error, and when it works again. */
  readonly onChange: (isUp: boolean, failure: unknown) => void;
}

/** The minimum time between two loads while there is a usable value. */
const COOL_DOWN_MS = 30_000;
const FIRST_COOL_DOWN_MS = 1000;

/**
 * A remote value that may change. It is loaded on demand, once for all callers. Callers cannot cause more than one load
 * in 30 seconds; without a value the wait is 1, 2, 4 seconds and so on, up to 30.
 */
export class Refreshed<T> {
  #loaded: { readonly value: T; at: number } | undefined;
  #attempt: Promise<void> | undefined;
  #triedAt: number | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly options: RefreshedOptions,
  ) {}

  /** Loads the value in the background, if it is due. */
  start(): void {
    if (this.present() === undefined) void this.#try();
  }

  /** The value as long as it is usable; if it is no longer fresh, it is also loaded again in the background. */
  present(): T | undefined {
    const loaded = this.#loaded;
    if (loaded === undefined || this.#isClosed) return undefined;
    const now = this.options.clock();
    // A clock that is set back must neither extend the life of a value nor revive it.
    if (now < loaded.at) loaded.at = now;
    if (!(now - loaded.at < this.options.usableMs)) {
      this.#loaded = undefined;
      return undefined;
    }
    if (now - loaded.at >= this.options.freshMs) void this.#try();
    return loaded.value;
  }

  /** @throws ServiceUnavailableError when there is no value and it cannot be loaded */
  async get(): Promise<T> {
    const present = this.present();
    if (present !== undefined) return present;
    await this.#try();
    return this.present() ?? this.#unavailable();
  }

  /**
   * The value after a reload, which may have been a short while ago.
   * @throws ServiceUnavailableError when the last attempt has failed: later changes are unknown
   */
  async renewed(): Promise<T> {
    await this.#try();
    const present = this.present();
    return present === undefined || this.#failure !== undefined ? this.#unavailable() : present;
  }

  /** Loads again after `close()`. */
  resume(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    this.#triedAt = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#loaded = undefined;
  }

  /** The attempt in progress, or a new attempt if one is due. Never rejects. */
  #try(): Promise<void> | undefined {
    if (this.#attempt !== undefined) return this.#attempt;
    if (this.#isClosed || !(this.#coolDownMs() <= 0)) return undefined;
    const done = (): void => {
      this.#attempt = undefined;
    };
    this.#attempt = this.#load().then(done, done);
    return this.#attempt;
  }

  async #load(): Promise<void> {
    const wasUp = this.#failure === undefined;
    try {
      const value = await this.load();
      if (this.#isClosed) return;
      this.#loaded = { value, at: this.options.clock() };
      this.#failure = undefined;
      this.#failures = 0;
    } catch (cause) {
      if (this.#isClosed) return;
      this.#failure = { cause };
      this.#failures += 1;
    }
    this.#triedAt = this.options.clock();
    const isUp = this.#failure === undefined;
    if (isUp !== wasUp) this.options.onChange(isUp, this.#failure?.cause);
  }

  #coolDownMs(): number {
    const now = this.options.clock();
    // A clock that is set back must not lock anybody out.
    if (this.#triedAt === undefined || now < this.#triedAt) return 0;
    const grown = FIRST_COOL_DOWN_MS * 2 ** Math.min(Math.max(this.#failures - 1, 0), 5);
    const wait = this.#loaded === undefined ? Math.min(grown, COOL_DOWN_MS) : COOL_DOWN_MS;
    return this.#triedAt + wait - now;
  }

  #unavailable(): never {
    throw new ServiceUnavailableError({
      cause: this.#failure?.cause,
      retryAfterSeconds: this.#coolDownMs() / 1000,
    });
  }
}
