/**
 * A request and its reply as the host of an app hands them over. It has the shape of routing-controllers' own `Action`, so
 * that each may be given for the other.
 */
export interface Action {
  /** Koa's or Express' request, or that of node:http. */
  readonly request: unknown;
  readonly response: unknown;
  /** Koa's context. */
  readonly context?: unknown;
  /** Runs what follows. */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as routing-controllers has it
  readonly next?: Function;
}
