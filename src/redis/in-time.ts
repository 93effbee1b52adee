/** Redis did not answer within the time that it has. */
export class LateError extends Error {
  override readonly name = 'LateError';
  constructor(milliseconds: number) {
    super(`Redis did not answer within ${String(milliseconds)} ms`);
  }
}

/** The outcome of the work, or a {@link LateError} when it takes longer. The work itself goes on. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Where this process was busy, the answer has come and is read before the next turn.
      setImmediate(reject, new LateError(milliseconds));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
