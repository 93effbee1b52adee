/** The parts of socket-controllers that securest reads and wraps. None of them is public there, so each is checked. */
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import type { ClassLike } from '../util/class-chain';

/** A controller as socket-controllers keeps it. */
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

/** The methods that are wrapped, by the names that socket-controllers gives them. */
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

/** What an event is: a message of the client, or something about its connection. */
export type EventKind = 'message' | 'connect' | 'disconnect' | 'disconnecting';

const KINDS = {
  MESSAGE: 'message',
  CONNECT: 'connect',
  DISCONNECT: 'disconnect',
  DISCONNECTING: 'disconnecting',
} as const satisfies Record<string, EventKind>;

export interface ControllersPackage {
  readonly prototype: ControllersPrototype;
  /** Undefined for a kind that is not known here. */
  readonly kindOf: (type: unknown) => EventKind | undefined;
}

/** @throws ConfigurationError where the package is missing, or is another than the one that is known here */
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

/** Undefined for what socket-controllers 0.3 does not keep so. */
export function controllerIn(value: unknown): SocketController | undefined {
  const { target, metadata } = (value ?? {}) as { target?: unknown; metadata?: unknown };
  const isController = typeof target === 'function' && typeof metadata === 'object' && metadata !== null;
  return isController ? (value as SocketController) : undefined;
}

/** The same for one of its actions. */
export function actionIn(value: unknown): (SocketAction & { readonly methodName: string }) | undefined {
  const { methodName } = (value ?? {}) as { methodName?: unknown };
  return typeof methodName === 'string' ? (value as SocketAction & { methodName: string }) : undefined;
}
