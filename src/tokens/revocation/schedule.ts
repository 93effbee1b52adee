/** Runs a function once after a time, and keeps no process alive; returns what calls that off. */
export type Schedule = (milliseconds: number, run: () => void) => () => void;

export const schedule: Schedule = (milliseconds, run) => {
  const timer = setTimeout(run, milliseconds).unref();
  return () => {
    clearTimeout(timer);
  };
};
