import type { Problem, ProblemListener } from './events';

/** Hands a component's problems to its listeners; the last problem without a listener waits for the first. */
export class ProblemBoard {
  readonly #listeners = new Set<ProblemListener>();
  #unheard: Problem | undefined;

  report(problem: Problem): void {
    if (this.#listeners.size === 0) this.#unheard = problem;
    for (const listener of this.#listeners) listener(problem);
  }

  /** @returns what ends the listening */
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
