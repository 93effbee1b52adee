/**
 * Makes a second next() of an action's own middlewares do nothing on Express. All handlers of a route share one counter
 * there: while a guard decides, another next() in front of it would continue behind it, for example at an upload.
 */
import { type BaseDriver, ExpressDriver } from 'routing-controllers';

type Next = (error?: unknown) => void;
type Handler = (request: unknown, response: unknown, next: Next) => unknown;

/** The part of the driver that makes the handlers of `@UseBefore` and `@UseAfter`. It is not public. */
interface Preparing {
  prepareMiddlewares?: (uses: unknown) => unknown[];
}

/** For each server of Express that securest prepares. */
export function continueOnce(driver: BaseDriver): void {
  if (!(driver instanceof ExpressDriver)) return;
  const inside = driver as unknown as Preparing;
  const prepare = inside.prepareMiddlewares?.bind(driver);
  // Without it the action still runs only after a grant of its guard.
  if (prepare === undefined) return;
  inside.prepareMiddlewares = (uses) => prepare(uses).map(once);
}

function once(handler: unknown): unknown {
  // Express tells the handlers of errors by their four parameters.
  if (typeof handler !== 'function' || handler.length === 4) return handler;
  return (request: unknown, response: unknown, next: Next): unknown => {
    let hasContinued = false;
    return (handler as Handler)(request, response, (error) => {
      // An error, 'route' and 'router' run no handler of this route.
      if (hasContinued && !error) return;
      hasContinued = true;
      next(error);
    });
  };
}
