/** The parts of socket-controllers that securest reads and wraps. They are not public, so each part is checked. */
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import type { ClassLike } from '../util/class-chain';

/** A controller in the form that socket-controllers keeps. */
export interface SocketController {
  readonly target: ClassLike;
  readonly metadata: { readonly actions?: Readonly<Record<string, SocketAction>> };
}

/** A method that an event calls. */
export interface SocketAction {
  readonly type: unknown;
  readonly methodName: unknown;
  readonly options?: { readonly name?: unknown };
}

/** The methods that are wrapped, under their names in socket-controllers. */
export interface ControllersPrototype {
  registerControllers: (this: ControllersInstance) => unknown;
  registerController: (this: ControllersInstance, socket: unknown, controller: unknown) => unknown;
  executeAction: (
    this: ControllersInstance,
    socket: unknown,
    controller: unknown,
    action: unknown,
    event: unknown,
    data: unknown,
    ack: unknown,
  ) => unknown;
}

export interface ControllersInstance {
  readonly io?: unknown;
  readonly controllers?: unknown;
}

const WRAPPED = ['registerControllers', 'registerController', 'executeAction'] as const;

/** The kind of an event: a message of the client, or a change of its connection. */
export type EventKind = 'message' | 'connect' | 'disconnect' | 'disconnecting';

const KINDS = {
  MESSAGE: 'message',
  CONNECT: 'connect',
  DISCONNECT: 'disconnect',
  DISCONNECTING: 'disconnecting',
} as const satisfies Record<string, EventKind>;

export interface ControllersPackage {
  readonly prototype: ControllersPrototype;
  /** Undefined for an unknown kind. */
  readonly kindOf: (type: unknown) => EventKind | undefined;
}

/** @throws ConfigurationError if the package is missing, or is of an unsupported version */
export function controllersPackage(): ControllersPackage {
  const loaded = loadOptional('socket-controllers', 'secureSocketControllers()') as {
    readonly SocketControllers?: { readonly prototype?: Partial<ControllersPrototype> };
    readonly SocketEventType?: Readonly<Record<string, unknown>>;
  };
  const prototype = loaded.SocketControllers?.prototype;
  const kinds = new Map<unknown, EventKind>();
  for (const [name, kind] of Object.entries(KINDS)) {
    const type = loaded.SocketEventType?.[name];
    if (typeof type === 'number') kinds.set(type, kind);
  }
  const isKnown =
    WRAPPED.every((name) => typeof prototype?.[name] === 'function') &&
    kinds.size === Object.keys(KINDS).length;
  if (!isKnown) {
    throw new ConfigurationError(
      'secureSocketControllers(): this version of socket-controllers cannot be guarded: npm install socket-controllers@~0.3.1',
    );
  }
  return { prototype: prototype as ControllersPrototype, kindOf: (type) => kinds.get(type) };
}

/** Undefined for a value without the form of socket-controllers 0.3. */
export function controllerIn(value: unknown): SocketController | undefined {
  const { target, metadata } = (value ?? {}) as { target?: unknown; metadata?: unknown };
  const isController = typeof target === 'function' && typeof metadata === 'object' && metadata !== null;
  return isController ? (value as SocketController) : undefined;
}

/** The same for an action of a controller. */
export function actionIn(value: unknown): (SocketAction & { readonly methodName: string }) | undefined {
  const { methodName } = (value ?? {}) as { methodName?: unknown };
  return typeof methodName === 'string' ? (value as SocketAction & { methodName: string }) : undefined;
}
