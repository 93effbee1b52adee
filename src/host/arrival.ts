/** Records facts of a request when it arrives: its client, and the path that its router matched. */
import type { IncomingMessage } from 'node:http';
import {
  type Action,
  type ActionMetadata,
  type BaseDriver,
  type ControllerMetadata,
  ExpressDriver,
  KoaDriver,
} from 'routing-controllers';
import { rawRequest } from '../http/raw';
import { peerOf } from '../http/client-address';

/**
 * Adds a middleware in front of the action's own middlewares. It records what the router matched, since later
 * middlewares of the app may rewrite the path.
 * @param within runs everything that follows, so that services can read the login
 * @param before decides whether the rest runs; not called if nothing stands before the guard
 * @param isSeenBefore true if the request has been checked already, perhaps under another path
 * @returns false if no middleware follows: then the guard or the action records the request, and this middleware is
 * saved
 */
export function noticeArrival(
  action: ActionMetadata,
  arrive: (action: Action) => void,
  within: (<T>(action: Action, work: () => T) => T) | undefined,
  before: ((action: Action, next: () => unknown) => unknown) | undefined,
  isSeenBefore: boolean,
): boolean {
  const uses = [...action.controllerMetadata.uses, ...action.uses];
  // Express reads the body first, by options of the app that may contain code.
  const isGuardNext = !action.isBodyUsed && uses.every(({ afterAction }) => afterAction);
  if (within === undefined && isGuardNext && !isSeenBefore) return false;
  const come = (comer: Action): unknown => {
    arrive(comer);
    const go = comer.next as () => unknown;
    const next = before === undefined || isGuardNext ? go : () => before(comer, go);
    return within === undefined ? next() : within(comer, next);
  };
  const notice = (...[first, second, third]: readonly unknown[]): unknown => {
    // Koa passes a context and next(), Express a request, a response and next().
    if (third === undefined) {
      const { request, response } = first as { request: unknown; response: unknown };
      return come({ request, response, context: first, next: second as () => unknown });
    }
    return come({ request: first, response: second, next: third as () => unknown });
  };
  const { controllerMetadata } = action;
  const use = { middleware: notice, afterAction: false } as unknown as ControllerMetadata['uses'][number];
  // The metadata of a controller is shared by its actions.
  action.controllerMetadata = Object.create(controllerMetadata, {
    uses: { value: [use, ...controllerMetadata.uses] },
  }) as ControllerMetadata;
  return true;
}

type KoaMiddleware = (context: unknown, next: () => unknown) => unknown;
type ExpressMiddleware = (request: IncomingMessage, response: unknown, next: () => void) => void;

/** Reads each client's address when its request arrives: after the client has gone, its socket no longer has it. */
export function rememberPeers(driver: BaseDriver): void {
  if (driver instanceof KoaDriver) {
    (driver.koa as { use(middleware: KoaMiddleware): void }).use((context, next) => {
      peerOf(rawRequest({ request: undefined, response: undefined, context }).socket);
      return next();
    });
  } else if (driver instanceof ExpressDriver) {
    (driver.express as { use(middleware: ExpressMiddleware): void }).use((request, _response, next) => {
      peerOf(request.socket);
      next();
    });
  }
}
