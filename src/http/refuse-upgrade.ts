/** Writes an error response on the raw socket of an upgrade request: Node creates no response for it. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SecurityError } from '../errors';
import { sendableHeaders } from './reply';

/** The time limit for a client to read an error response. */
const READ_MS = 10_000;

/**
 * Sends an error response and ends the connection. Never throws; a client that has gone gets no response.
 * @param error the result of `replyError()`, with its headers
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
    // The client may keep its half of the connection open.
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
