/**
 * A request and its reply, as the host framework of an app supplies them. The shape is that of routing-controllers' own
 * `Action`, so that the two are interchangeable.
 */
export interface Action {
  /** Koa's or Express' request, or that of node:http. */
  readonly request: unknown;
  readonly response: unknown;
  /** Koa's context. */
  readonly context?: unknown;
  /** Runs the next handler. */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as routing-controllers has it
  readonly next?: Function;
}
