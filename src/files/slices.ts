/** Work in steps: synchronously at start-up, or in slices with time for requests in between. */

/** The length of a slice before other work gets its turn. */
const SLICE_MS = 10;

export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** @param isIdle whether the process may end meanwhile */
export async function finishInSlices<T>(steps: Generator<void, T>, isIdle = false): Promise<T> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < sliceEnd) continue;
    await new Promise<void>((resume) => {
      const next = setImmediate(resume);
      if (isIdle) next.unref();
    });
    sliceEnd = performance.now() + SLICE_MS;
  }
}
