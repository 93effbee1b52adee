import { inTime } from './in-time';
import { refusalOf } from './redis-refusal';

/** Asks Redis while it answers in time; otherwise retries in the background. */
export class RedisLink {
  #isUp = true;
  #refusal: string | undefined;
  #nextProbe = 0;
  #isProbing = false;

  /**
   * @param probe makes a write, since a replica answers reads only
   * @param onChange is called when Redis stops answering or executing commands, and when it works again. It also
   * receives Redis' own refusal, even if the refusal comes later in the same outage
   */
  constructor(
    private readonly probe: () => Promise<unknown>,
    private readonly onChange: (isUp: boolean, refusal: string | undefined) => void,
  ) {}

  /** Runs the work; undefined if Redis is down, does not answer in time, or refuses. Never rejects. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#isUp) {
      this.#probeNow();
      return undefined;
    }
    try {
      return await inTime(work(), MAX_MS);
    } catch (error) {
      this.#change(false, error);
      return undefined;
    }
  }

  #change(isUp: boolean, error?: unknown): void {
    if (!isUp) this.#nextProbe = performance.now() + PROBE_EVERY_MS;
    const refusal = refusalOf(error);
    const isSaidFirst = !isUp && this.#refusal === undefined && refusal !== undefined;
    if (this.#isUp === isUp && !isSaidFirst) return;
    this.#isUp = isUp;
    this.#refusal = isUp ? undefined : refusal;
    this.onChange(isUp, refusal);
  }

  /**
   * No caller waits for it. Only one probe at a time, since a client that queues commands while offline piles them up.
   */
  #probeNow(): void {
    if (this.#isProbing || performance.now() < this.#nextProbe) return;
    this.#isProbing = true;
    const started = performance.now();
    this.probe()
      .then(
        () => ({ isUp: performance.now() - started < MAX_MS, error: undefined }),
        (error: unknown) => ({ isUp: false, error }),
      )
      .then(({ isUp, error }) => {
        this.#isProbing = false;
        this.#change(isUp, error);
      })
      .catch(() => undefined);
  }
}

const MAX_MS = 100;
const PROBE_EVERY_MS = 1000;
