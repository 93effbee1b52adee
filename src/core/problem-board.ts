import type { Problem, ProblemListener } from './events';

/** Passes a component's problems to its listeners. The last problem without a listener waits for the first listener. */
export class ProblemBoard {
  readonly #listeners = new Set<ProblemListener>();
  #unheard: Problem | undefined;

  report(problem: Problem): void {
    if (this.#listeners.size === 0) this.#unheard = problem;
    for (const listener of this.#listeners) listener(problem);
  }

  /** @returns a function that removes the listener */
  listen(listener: ProblemListener): () => void {
    this.#listeners.add(listener);
    const unheard = this.#unheard;
    this.#unheard = undefined;
    if (unheard !== undefined) listener(unheard);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
