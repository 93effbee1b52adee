/** Runs a task as soon as there is room for it. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** @returns what runs no more than so many tasks at once, in the order in which they came */
export function limit(atOnce: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
