import { ServiceUnavailableError } from '../errors';

/** Work that must not run at once for one and the same name. */
export class Turns {
  readonly #last = new Map<string, { readonly done: Promise<unknown>; waiting: number }>();

  /** @param max how many may wait for one name */
  constructor(private readonly max: number) {}

  /**
   * Runs the work after all that came before it under this name, whatever became of that.
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
