/** What is put on record of a request as it comes: its client, and what its router matched. */
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
 * Has a middleware, the first of the action's own, put on record what the router matched: those of the app that follow
 * may rewrite the path.
 * @param within runs all that follows, where services can read the login
 * @param before runs what follows when it may; it is not asked where nothing stands before the guard
 * @param isSeenBefore true where the request has been looked at already, perhaps under another path
 * @returns false where none follow: what comes first of guard and action is early enough, and a middleware less
 */
export function noticeArrival(
  action: ActionMetadata,
  arrive: (action: Action) => void,
  within: (<T>(action: Action, work: () => T) => T) | undefined,
  before: ((action: Action, next: () => unknown) => unknown) | undefined,
  isSeenBefore: boolean,
): boolean {
  const uses = [...action.controllerMetadata.uses, ...action.uses];
  // Express reads the body first, by options of the app that may hold code.
  const isGuardNext = !action.isBodyUsed && uses.every(({ afterAction }) => afterAction);
  if (within === undefined && isGuardNext && !isSeenBefore) return false;
  const come = (comer: Action): unknown => {
    arrive(comer);
    const go = comer.next as () => unknown;
    const next = before === undefined || isGuardNext ? go : () => before(comer, go);
    return within === undefined ? next() : within(comer, next);
  };
  const notice = (...[first, second, third]: readonly unknown[]): unknown => {
    // Koa hands over a context and next(), Express a request, a response and next().
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

/** Looks at each client's address as its request comes: when it has gone, its socket no longer tells. */
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
