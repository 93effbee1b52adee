import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { hold, release } from './holders';

/** A container that gives another instance for each request would fill the list without an end. */
const MAX_IN_USE = 1000;

/** The stores and providers that one instance of the library uses: it hears of their problems and closes them. */
export class InUse {
  /** Each with what ends the listening to it. */
  private readonly components = new Map<object, () => void>();

  constructor(private readonly onProblem: ProblemListener) {}

  add(component: object & Partial<ProblemSource>): void {
    if (this.components.has(component) || this.components.size >= MAX_IN_USE) return;
    hold(component);
    this.components.set(component, component[PROBLEM_SOURCE]?.(this.onProblem) ?? (() => undefined));
  }

  /**
   * Closes those that no other instance uses too.
   * @throws what the first that failed threw, after all have been closed
   */
  async close(): Promise<void> {
    const components = [...this.components];
    this.components.clear();
    const closed = await Promise.allSettled(
      components.map(async ([component, stopListening]) => {
        stopListening();
        if (release(component)) await (component as { close?(): unknown }).close?.();
      }),
    );
    const failed = closed.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}
