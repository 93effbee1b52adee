import { ServiceUnavailableError } from '../errors';

/** Proves something; true only where it is right. The signal aborts when nobody waits for the answer any more. */
export type Verify = (signal: AbortSignal) => Promise<unknown>;

/** Proofs under way, by what they prove: a later request for the same proof waits for the first. */
export class SharedProofs {
  readonly #underWay = new Map<string, Proof>();

  /**
   * Only a right proof counts for all who wait for it. Where it was wrong each proves by itself; where it failed, or
   * whoever began it has gone, the next one begins anew and the rest wait for that.
   * @throws what the own `verify` throws, and ServiceUnavailableError once the own signal aborts
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
    // Of several that begin at once the first is waited for.
    if (!this.#underWay.has(key)) this.#underWay.set(key, own);
    try {
      return await own.lead(signal);
    } finally {
      // A proof that hangs is joined by nobody once the one who began it has given up.
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
  /** Undefined where it failed. Never rejects. */
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

  /** @throws what `verify` throws, and ServiceUnavailableError once the signal aborts */
  async lead(signal: AbortSignal): Promise<boolean> {
    await this.wait(signal);
    return this.#result;
  }

  /** Undefined where the proof failed. @throws ServiceUnavailableError once the signal aborts */
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

/** Literally true, or it is not proved; and whatever is thrown at once rejects. */
async function begin(verify: Verify, signal: AbortSignal): Promise<boolean> {
  return (await verify(signal)) === true;
}
