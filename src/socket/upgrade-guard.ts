/** Guards the requests that open a WebSocket, for `ws` and whatever takes an `upgrade` of Node's server. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import type { OutsideLogins } from '../security/outside-logins';
import { type BaseSecurity, outsideLoginsOf } from '../security/security';
import { refuseUpgrade } from '../http/refuse-upgrade';
import { accessOfRule } from '../rules/guard-rule';
import { parseOptions } from '../util/parse-options';
import { OpenSocket } from './open-socket';
import type { SocketLogin } from './socket-login';
import { SOCKET_OPTIONS, type SocketOptions } from './socket-options';

/** For events and logs. */
const NAME = 'upgrade';

/**
 * Makes a guard for upgrades. It decides as for an action, by the same chain, the same cross-site check and the same
 * refusals, which it writes on the socket itself. It never throws or rejects.
 * @returns a function that gives the login of the socket, or undefined for a client that was refused and answered
 * @throws ConfigurationError for options and a rule that are none, and for names that the app does not have
 * @example
 * ```ts
 * const guard = upgradeGuard(security, { rule: 'editor' });
 * server.on('upgrade', async (request, socket, head) => {
 *   const login = await guard(request, socket);
 *   if (login === undefined) return;
 *   sockets.handleUpgrade(request, socket, head, (ws) => {
 *     login.onEnd((why) => ws.close(4001, why));
 *   });
 * });
 * ```
 */
export function upgradeGuard<U extends User, R extends string>(
  security: BaseSecurity<U, R>,
  options?: SocketOptions<U, R>,
): (request: IncomingMessage, socket: Duplex) => Promise<SocketLogin<U> | undefined> {
  const logins = outsideLoginsOf(security, 'upgradeGuard()');
  const { rule, recheckMs } = parseOptions('upgradeGuard()', options, SOCKET_OPTIONS);
  accessOfRule(rule, `event ${NAME}`, 'GET', logins.parts.options.grants);
  return async (request, socket) => {
    // Node listens no more, and a connection that fails without a listener would end the process.
    socket.on('error', ignore);
    const { changes } = logins.parts.liveLogins;
    try {
      const login = (await logins.login(request, { handshake: true })) as Authentication<U>;
      await logins.authorize(request, login, rule, NAME);
      // The client may have gone meanwhile.
      if (socket.destroyed) return undefined;
      const open = new OpenSocket<U>({
        logins,
        request,
        login,
        rule: rule,
        name: NAME,
        recheckMs,
        cut: () => socket.destroy(),
      });
      socket.once('close', () => {
        open.close();
      });
      open.start(changes);
      return open;
    } catch (error) {
      refuse(logins, request, socket, error);
      return undefined;
    }
  };
}

/** Never throws. */
function refuse(logins: OutsideLogins, request: IncomingMessage, socket: Duplex, thrown: unknown): void {
  try {
    refuseUpgrade(socket, logins.refusal(request, thrown));
  } catch (cause) {
    logins.parts.audit.error('A refusal could not be sent', cause);
    socket.destroy();
  }
}

function ignore(): void {
  // It closes by itself.
}
