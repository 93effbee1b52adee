import type { Socket } from 'node:net';

const MAX_BYTES = 4096;

/**
 * Records the unencrypted bytes that a server sends before StartTLS. Nothing may follow its answer: an attacker on the
 * network may have injected further bytes, so that the client takes them for a part of the encrypted answers.
 * @see RFC 4513 section 3.1.1, RFC 7457 section 2.2
 */
export class BytesInClear {
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket) {
    const listen = (chunk: Buffer): void => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      if (this.#bytes.length > MAX_BYTES) socket.destroy();
    };
    socket.on('data', listen);
    this.#stop = () => socket.off('data', listen);
  }

  readonly #stop: () => unknown;

  /** @throws Error when the server sent more than one answer */
  refuseMore(): void {
    this.#stop();
    if (messageLength(this.#bytes) !== this.#bytes.length) {
      throw new Error('The server sent unencrypted bytes after its answer to StartTLS');
    }
  }
}

/** The length of the first message, including its tag and length; 0 if it is not a message. @see X.690 section 8.1.3 */
function messageLength(bytes: Buffer): number {
  const [tag, first] = bytes;
  if (tag !== 0x30 || first === undefined) return 0;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || bytes.length < 2 + size) return 0;
  return 2 + size + bytes.readUIntBE(2, size);
}
