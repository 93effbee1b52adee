/**
 * Guards the requests that open a WebSocket, for `ws` and any other library that handles `upgrade` of Node's server.
 */
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

/** The name for events and logs. */
const NAME = 'upgrade';

/**
 * Makes a guard for upgrades. It decides as for an action, with the same chain, the same cross-site check and the same
 * error responses, which it writes to the socket itself. It never throws or rejects.
 * @returns a function that resolves to the login of the socket, or to undefined for a client that was refused and
 * answered, or that has gone
 * @throws ConfigurationError for invalid options, an invalid rule, and unknown names in the rule
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
    // Node has removed its listener, and an error of the connection without a listener would end the process.
    socket.on('error', ignore);
    const { changes } = logins.parts.liveLogins;
    try {
      const login = (await logins.login(request, { handshake: true })) as Authentication<U>;
      await logins.authorize(request, login, rule, NAME);
      // The client may have disconnected meanwhile.
      if (socket.destroyed) return undefined;
      const open = new OpenSocket<U>({
        logins,
        request,
        login,
        rule: rule,
        name: NAME,
        recheckMs,
        isGone: () => socket.destroyed,
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
  // After an error the socket closes by itself.
}
