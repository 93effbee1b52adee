import { ServiceUnavailableError } from '../errors';

/**
 * Verifies a proof; resolves to true only if it is right. The signal aborts when no caller waits for the answer any
 * more.
 */
export type Verify = (signal: AbortSignal) => Promise<unknown>;

/** Proofs under way, by key: a later request for the same proof waits for the first. */
export class SharedProofs {
  readonly #underWay = new Map<string, Proof>();

  /**
   * Only a right proof counts for all callers that wait for it. If it was wrong, each caller verifies its own. If it
   * threw, or the caller that began it has gone, the next caller begins again and the others wait for that.
   * @throws the error that the caller's own `verify` throws, and ServiceUnavailableError once its own signal aborts
   */
  async prove(key: string, verify: Verify, signal: AbortSignal): Promise<boolean> {
    for (let other = this.#underWay.get(key); other !== undefined; other = this.#underWay.get(key)) {
      const proved = await other.wait(signal);
      if (proved === true) return true;
      if (proved === false) break;
    }
    if (signal.aborted) throw new ServiceUnavailableError();
    const own: Proof = new Proof(verify, () => {
      this.#close(key, own);
    });
    // Of several that begin at the same time, the first is the one to wait for.
    if (!this.#underWay.has(key)) this.#underWay.set(key, own);
    try {
      return await own.lead(signal);
    } finally {
      // A hanging proof gets no further waiters once its initiator has given up.
      this.#close(key, own);
    }
  }

  #close(key: string, proof: Proof): void {
    if (this.#underWay.get(key) === proof) this.#underWay.delete(key);
  }
}

class Proof {
  readonly #controller = new AbortController();
  readonly #result: Promise<boolean>;
  /** Undefined if it failed. Never rejects. */
  readonly #settled: Promise<boolean | undefined>;
  #isSettled = false;
  #waiting = 0;

  constructor(verify: Verify, onSettled: () => void) {
    this.#result = begin(verify, this.#controller.signal);
    const settle = (proved: boolean | undefined): boolean | undefined => {
      this.#isSettled = true;
      onSettled();
      return proved;
    };
    this.#settled = this.#result.then(settle, () => settle(undefined));
  }

  /** @throws the error that `verify` throws, and ServiceUnavailableError once the signal aborts */
  async lead(signal: AbortSignal): Promise<boolean> {
    await this.wait(signal);
    return this.#result;
  }

  /** Undefined if the proof failed. @throws ServiceUnavailableError once the signal aborts */
  async wait(signal: AbortSignal): Promise<boolean | undefined> {
    let leave: () => void = () => undefined;
    const gone = new Promise<never>((_resolve, reject) => {
      leave = () => {
        reject(new ServiceUnavailableError());
      };
    });
    this.#waiting += 1;
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([gone, this.#settled]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isSettled) this.#controller.abort(new ServiceUnavailableError());
    }
  }
}

/** Only a literal true counts as proved; a synchronous error becomes a rejection. */
async function begin(verify: Verify, signal: AbortSignal): Promise<boolean> {
  return (await verify(signal)) === true;
}
