/** Wraps the methods of socket-controllers that call controllers, so that each call is authorised first. */
import { ConfigurationError } from '../errors';
import type { ControllersPackage } from './controllers-package';
import { EventCalls } from './event-calls';
import { eventGuardsOf } from './event-guards';
import { securedServers } from './known-sockets';

const wrapped = new WeakSet<object>();

/** Wraps the methods of the package; a second call does nothing. */
export function guardControllers({ prototype }: ControllersPackage): void {
  if (wrapped.has(prototype)) return;
  wrapped.add(prototype);
  const { registerControllers, registerController, executeAction } = prototype;

  prototype.registerControllers = function (): unknown {
    const outside = securedServers.get(this.io);
    const guards = outside && eventGuardsOf(outside);
    if (guards === undefined) throw new ConfigurationError(UNSECURED);
    guards.prepare(this.controllers);
    return registerControllers.call(this);
  };

  prototype.registerController = function (socket, controller): unknown {
    EventCalls.of(socket)?.decideEnds(controller);
    return registerController.call(this, socket, controller);
  };

  prototype.executeAction = function (socket, controller, action, event, data, ack): Promise<void> {
    EventCalls.of(socket)?.execute(controller, action, event, ack, () =>
      executeAction.call(this, socket, controller, action, event, data, ack),
    );
    return Promise.resolve();
  };
}

const UNSECURED =
  'SocketControllers: its server is not secured, so the sender of an event is not known: call secureSocketIo(security, io) ' +
  'and secureSocketControllers(security) before, and give it that `io`';
