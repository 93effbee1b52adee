import { ServiceUnavailableError } from '../errors';

/** Runs work for the same name one after the other. */
export class Turns {
  readonly #last = new Map<string, { readonly done: Promise<unknown>; waiting: number }>();

  /** @param max how many may wait for the same name */
  constructor(private readonly max: number) {}

  /**
   * Runs the work after all earlier work under this name, whatever its outcome.
   * @throws ServiceUnavailableError when too many wait already
   */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const waiting = (before?.waiting ?? 0) + 1;
    if (waiting > this.max) throw new ServiceUnavailableError({ cause: new Error('Too many wait') });
    const result = before === undefined ? work() : before.done.then(work);
    const own = {
      waiting,
      done: result.then(
        () => undefined,
        () => undefined,
      ),
    };
    this.#last.set(name, own);
    void own.done.then(() => {
      if (this.#last.get(name) === own) this.#last.delete(name);
    });
    return result;
  }
}
