/** Runs a function once after a delay, without keeping the process alive; returns a function that cancels it. */
export type Schedule = (milliseconds: number, run: () => void) => () => void;

export const schedule: Schedule = (milliseconds, run) => {
  const timer = setTimeout(run, milliseconds).unref();
  return () => {
    clearTimeout(timer);
  };
};
