import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** The party that states which certificate the client has proved to hold. */
export type ClientCertificateSource = 'socket' | 'proxy';

/** The header of a proxy that ends TLS. @see RFC 9440 section 2.1 */
export const CLIENT_CERT = 'client-cert';

/** A byte sequence with nothing after it. @see RFC 8941 section 3.3.5 */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/;

const MAX_LENGTH = 16_384;

/** The certificate of the TLS connection itself, also after session resumption. */
export function certificateOfSocket({ socket }: IncomingMessage): X509Certificate | undefined {
  const { getPeerX509Certificate } = socket as Partial<TLSSocket>;
  return getPeerX509Certificate?.call(socket);
}

/** The certificate that a proxy states; undefined for an invalid value. */
export function certificateOfHeader(value: string | undefined): X509Certificate | undefined {
  if (value === undefined || value.length > MAX_LENGTH) return undefined;
  const [, base64] = BYTES.exec(value) ?? [];
  if (base64 === undefined) return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
