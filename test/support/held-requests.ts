/** Requests that a test holds at a certain place, while other requests pass it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type http from 'node:http';

interface Held {
  readonly place: string;
  /** The number of times it passes the place before it is held there. */
  left: number;
  readonly arrive: () => void;
}

/** The header that names the hold of a request. */
const HOLD = 'x-hold';

export class HeldRequests {
  readonly #current = new AsyncLocalStorage<Held | undefined>();
  readonly #known = new Map<string, Held>();
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** Gives each request an address of its own, so that equal logins are verified separately. */
  around(listener: http.RequestListener): http.RequestListener {
    return (request, response) => {
      this.#count += 1;
      const value = `192.0.${String((this.#count >> 8) % 256)}.${String(this.#count % 256)}`;
      Object.defineProperty(request.socket, 'remoteAddress', { value, configurable: true });
      this.#current.run(this.#known.get(String(request.headers[HOLD])), () => {
        listener(request, response);
      });
    };
  }

  /** Called by the parts of an app at each place. A request that was held once is not held again at later places. */
  async pass(place: string): Promise<void> {
    const held = this.#current.getStore();
    if (held?.place !== place || held.left < 0) return;
    held.left -= 1;
    if (held.left > 0) return;
    held.left = -1;
    await new Promise<void>((release) => {
      this.#waiting.add(release);
      held.arrive();
    });
  }

  /**
   * Sends a request, and waits until it is held.
   * @param nth the pass through that place at which it is held
   * @throws Error when it is answered instead
   */
  async hold<T>(
    place: string,
    nth: number,
    send: (headers: Record<string, string>) => Promise<T>,
  ): Promise<{ reply: Promise<T> }> {
    const name = `${place} ${String(this.#known.size)}`;
    const arrived = new Promise<void>((arrive) => this.#known.set(name, { place, left: nth, arrive }));
    const reply = send({ [HOLD]: name });
    const isAnswered = await Promise.race([arrived.then(() => false), reply.then(() => true)]);
    if (isAnswered) throw new Error(`It never passed ${place}: ${JSON.stringify(await reply)}`);
    return { reply };
  }

  /** Releases all requests that are held now. */
  release(): void {
    for (const release of this.#waiting) release();
    this.#waiting.clear();
  }
}
