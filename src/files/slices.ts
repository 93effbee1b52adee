/** Work in steps: done at once where nothing else runs yet, or in slices between which requests get their turn. */

/** How long is worked before others get their turn. */
const SLICE_MS = 10;

export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** @param isIdle Whether the process may end meanwhile. */
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
