/**
 * socket-controllers: each event is authorised before a method of a controller is called.
 *
 * Its interceptors see neither the class nor the method of the call, so the package's methods that call controllers are
 * wrapped, once for all of its instances; the socket says which instance of securest admitted it.
 */
import type { DefaultAccess } from '../access/guards';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { type BaseSecurity, outsideLoginsOf } from '../security/security';
import { oneOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { controllersPackage } from './controllers-package';
import { EventGuards, eventGuardsOf } from './event-guards';
import { guardControllers } from './guarded-controllers';

/** The options of {@link secureSocketControllers}. */
export interface SocketControllersOptions {
  /** The access to an event without any guard or `@Public()`. @default 'authenticated' */
  default?: DefaultAccess;
}

const OPTIONS = {
  default: optional(oneOf('authenticated', 'public'), 'authenticated'),
} satisfies Record<keyof SocketControllersOptions, Kind<unknown>>;

/**
 * Guards the events of socket-controllers 0.3 for the servers that `secureSocketIo()` secures. `@Authorized` and
 * `@Public()` on a controller, its methods and its base classes apply as on an action, and each message is authorised
 * with the login as of its last check. A refused message is answered with `{ error: { name, code, message } }` if the
 * client waits for an answer, otherwise with the event `security_error`; the socket stays open.
 *
 * Call it before `new SocketControllers()`: until that is called, clients of the server are refused.
 * @throws ConfigurationError for invalid options, and if socket-controllers is missing or of a version that cannot be
 * guarded
 * @example
 * ```ts
 * secureSocketIo(security, io);
 * secureSocketControllers(security);
 * new SocketControllers({ io, container: Container, controllers: [ChatController] });
 * ```
 */
export function secureSocketControllers<U extends User, R extends string>(
  security: BaseSecurity<U, R>,
  options?: SocketControllersOptions,
): void {
  const outside = outsideLoginsOf(security, 'secureSocketControllers()');
  const { default: fallback } = parseOptions('secureSocketControllers()', options, OPTIONS);
  const { declarations } = outside.parts;
  if (declarations === undefined) {
    throw new ConfigurationError(
      "secureSocketControllers() reads guards that @Authorized of routing-controllers wrote: take createSecurity() of 'securest'",
    );
  }
  const known = controllersPackage();
  const guards = eventGuardsOf(outside);
  if (guards === undefined) new EventGuards(outside, fallback, declarations, known.kindOf);
  else if (guards.fallback !== fallback) {
    throw new ConfigurationError('secureSocketControllers(): called twice, with another default');
  }
  guardControllers(known);
}
