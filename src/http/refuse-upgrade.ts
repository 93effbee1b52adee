/** Writes a refusal on the raw socket of a request that asked for another protocol: no response of Node's exists there. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecurityError } from '../errors';
import { sendableHeaders } from './reply';

/** How long a client may take to read a refusal. */
const READ_MS = 10_000;

/**
 * Sends a refusal and ends the connection. Never throws; a client that has gone gets none.
 * @param error as `replyError()` made it, with its headers
 * @see RFC 9112 sections 4 and 9.6
 */
export function refuseUpgrade(socket: Duplex, error: SecurityError): void {
  try {
    if (socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), READ_MS);
    timer.unref();
    socket.once('close', () => {
      clearTimeout(timer);
    });
    // The other side may keep its half open.
    socket.once('finish', () => socket.destroy());
    socket.end(textOf(error));
  } catch {
    socket.destroy();
  }
}

function textOf(error: SecurityError): string {
  const { httpCode } = error;
  const body = httpCode === 304 ? '' : JSON.stringify(error);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    ...sendableHeaders(error.headers),
    Date: new Date().toUTCString(),
    Connection: 'close',
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((line) => `${name}: ${line}`),
  );
  const status = `HTTP/1.1 ${String(httpCode)} ${STATUS_CODES[httpCode] ?? 'Refused'}`;
  return [status, ...lines, '', body].join('\r\n');
}
