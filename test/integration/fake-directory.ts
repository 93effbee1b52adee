/** A directory that answers as a test tells it: for what no OpenLDAP can be made to do. */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { BerReader, BerWriter } from 'ldapts';

export const BIND = 0x60;
export const UNBIND = 0x42;
export const SEARCH = 0x63;
export const EXTENDED = 0x77;

export interface Asked {
  readonly id: number;
  readonly operation: number;
  /** The whole message. */
  readonly bytes: Buffer;
  readonly socket: Socket;
}

export class FakeDirectory implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param answer what is sent for a message; undefined for nothing */
  static async start(answer: (asked: Asked) => Buffer | undefined): Promise<FakeDirectory> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const fake = new FakeDirectory(server, `ldap://127.0.0.1:${String(port)}`);
    server.on('connection', (socket) => {
      fake.sockets.push(socket);
      socket.on('error', () => undefined);
      let rest: Buffer = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        const parts = messages(Buffer.concat([rest, chunk]));
        rest = parts.rest;
        for (const bytes of parts.whole) {
          const asked = { ...read(bytes), bytes, socket };
          fake.asked.push(asked);
          const reply = answer(asked);
          if (reply !== undefined) socket.write(reply);
        }
      });
    });
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The messages that bytes are, and the start of another. What is no message is taken as it came. */
function messages(bytes: Buffer): { whole: Buffer[]; rest: Buffer } {
  const whole: Buffer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const [tag, first = 0] = rest;
    const size = first < 0x80 ? 0 : first & 0x7f;
    if (tag !== 0x30) return { whole: [...whole, rest], rest: Buffer.alloc(0) };
    if (rest.length < 2 + size) break;
    const length = 2 + size + (size === 0 ? first : rest.readUIntBE(2, size));
    if (rest.length < length) break;
    whole.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return { whole, rest };
}

/** The start of a handshake is no message; it is kept all the same. */
function read(bytes: Buffer): { id: number; operation: number } {
  if (bytes[0] !== 0x30) return { id: 0, operation: 0 };
  const reader = new BerReader(bytes);
  reader.readSequence();
  return { id: reader.readInt() ?? 0, operation: reader.peek() ?? 0 };
}

/** Controls of an answer: the octets of each, by its OID. */
export type Controls = Readonly<Record<string, Buffer>>;

/** The end of an operation. The tag of its answer is one above. */
export function result({ id, operation }: Asked, code = 0, message = '', controls?: Controls): Buffer {
  const tag = operation === SEARCH ? 0x65 : operation + 1;
  return written(
    id,
    tag,
    (writer) => {
      writer.writeEnumeration(code);
      writer.writeString('');
      writer.writeString(message);
    },
    controls,
  );
}

type Value = string | Buffer;

export function entry(
  { id }: Asked,
  dn: string,
  attributes: Readonly<Record<string, Value | readonly Value[]>>,
): Buffer {
  return written(id, 0x64, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of [values].flat()) writer.writeBuffer(Buffer.from(value as string), 0x04);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });
}

/** Where else the search may go on. */
export function reference({ id }: Asked, url: string): Buffer {
  return written(id, 0x73, (writer) => {
    writer.writeString(url);
  });
}

function written(id: number, tag: number, body: (writer: BerWriter) => void, controls?: Controls): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  body(writer);
  writer.endSequence();
  if (controls !== undefined) {
    writer.startSequence(0xa0);
    for (const [oid, value] of Object.entries(controls)) {
      writer.startSequence();
      writer.writeString(oid);
      writer.writeBuffer(value, 0x04);
      writer.endSequence();
    }
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}
