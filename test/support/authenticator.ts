/**
 * An authenticator in software, together with its browser: it creates and uses passkeys as WebAuthn specifies, or with
 * a deviation that a test asks for.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

type Cbor = number | string | Buffer | Map<number | string, Cbor>;

export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly excludeCredentials: readonly { readonly id: string }[];
  readonly [member: string]: unknown;
}

export interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
  readonly allowCredentials: readonly { readonly id: string }[];
  readonly [member: string]: unknown;
}

/** The deviations of a response from a correct one. */
export interface Twist {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  readonly client?: Readonly<Record<string, unknown>>;
  readonly isVerified?: boolean;
  readonly isPresent?: boolean;
  readonly counter?: number;
  readonly device?: 'single' | 'multi';
  readonly userHandle?: string | null;
  readonly statement?: { readonly fmt: string; readonly attStmt: Map<string, Cbor> };
  readonly isSignatureBroken?: boolean;
}

export interface CredentialJson {
  readonly id: string;
  readonly rawId: string;
  readonly type: string;
  readonly clientExtensionResults: object;
  readonly response: Readonly<Record<string, unknown>>;
}

const FLAGS = { present: 1, verified: 4, eligible: 8, backedUp: 16, attested: 64 };

interface Passkey {
  readonly key: KeyObject;
  readonly userHandle: string;
  counter: number;
}

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

export class Authenticator {
  readonly passkeys = new Map<string, Passkey>();

  /** @param counts true for an authenticator that counts its uses; synced passkeys always report 0 */
  constructor(
    readonly origin: string,
    readonly device: 'single' | 'multi' = 'multi',
    readonly counts = device === 'single',
    readonly algorithm: Algorithm = 'ES256',
  ) {}

  /** What `navigator.credentials.create()` resolves with, as JSON. */
  create(options: CreationOptions, twist: Twist = {}): CredentialJson {
    const { key, cose } = newKey(this.algorithm);
    const id = randomBytes(32);
    const passkey = { key, userHandle: options.user.id, counter: 0 };
    this.passkeys.set(id.toString('base64url'), passkey);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const authData = Buffer.concat([
      this.#data(twist.rpId ?? options.rp.id, passkey, twist, FLAGS.attested),
      Buffer.alloc(16),
      length,
      id,
      encode(cose),
    ]);
    const { fmt, attStmt } = twist.statement ?? { fmt: 'none', attStmt: new Map<string, Cbor>() };
    const object = encode(
      new Map<string, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', authData],
      ]),
    );
    return credential(id.toString('base64url'), {
      clientDataJSON: this.#client('webauthn.create', options.challenge, twist).toString('base64url'),
      attestationObject: object.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      transports: ['internal', 'hybrid'],
    });
  }

  /** What `navigator.credentials.get()` resolves with, as JSON; uses the newest passkey if any is allowed. */
  get(options: RequestOptions, twist: Twist = {}): CredentialJson {
    const allowed = options.allowCredentials.map(({ id }) => id);
    const id = [...this.passkeys.keys()]
      .filter((own) => allowed.length === 0 || allowed.includes(own))
      .at(-1);
    const passkey = id === undefined ? undefined : this.passkeys.get(id);
    if (id === undefined || passkey === undefined)
      throw new Error('No passkey of this authenticator is allowed');
    return this.use(id, passkey, options, twist);
  }

  use(id: string, passkey: Passkey, options: RequestOptions, twist: Twist = {}): CredentialJson {
    if (this.counts) passkey.counter += 1;
    const data = this.#data(twist.rpId ?? options.rpId, passkey, twist);
    const client = this.#client('webauthn.get', options.challenge, twist);
    const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
    const signature = sign(this.algorithm === 'EdDSA' ? null : 'sha256', signed, passkey.key);
    if (twist.isSignatureBroken === true) signature[signature.length - 1]! ^= 1;
    const handle = twist.userHandle === undefined ? passkey.userHandle : twist.userHandle;
    return credential(id, {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: handle,
    });
  }

  #client(type: string, challenge: string, twist: Twist): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? this.origin,
        crossOrigin: false,
        ...twist.client,
      }),
    );
  }

  /** @see WebAuthn Level 3 section 6.1 */
  #data(rpId: string, passkey: Passkey, twist: Twist, more = 0): Buffer {
    const isSynced = (twist.device ?? this.device) === 'multi';
    const flags =
      (twist.isPresent === false ? 0 : FLAGS.present) |
      (twist.isVerified === false ? 0 : FLAGS.verified) |
      (isSynced ? FLAGS.eligible | FLAGS.backedUp : 0) |
      more;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(twist.counter ?? passkey.counter);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flags), counter]);
  }
}

function credential(id: string, response: CredentialJson['response']): CredentialJson {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
}

/** A key pair, the public half as COSE writes it. @see RFC 9053 section 7 */
function newKey(algorithm: Algorithm): { key: KeyObject; cose: Map<number, Cbor> } {
  const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  if (algorithm === 'ES256') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    const cose = new Map<number, Cbor>([[1, 2], [3, -7], [-1, 1], [-2, bytes(x)], [-3, bytes(y)]]); // prettier-ignore
    return { key: privateKey, cose };
  }
  if (algorithm === 'EdDSA') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x } = publicKey.export({ format: 'jwk' });
    return { key: privateKey, cose: new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, bytes(x)]]) }; // prettier-ignore
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { key: privateKey, cose: new Map<number, Cbor>([[1, 3], [3, -257], [-1, bytes(n)], [-2, bytes(e)]]) }; // prettier-ignore
}

/** The part of CBOR that authenticators write. @see RFC 8949 section 3 */
function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const pairs = [...value].flatMap(([name, member]) => [encode(name), encode(member)]);
  return Buffer.concat([head(5, value.size), ...pairs]);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  if (length < 256) return Buffer.of((major << 5) | 24, length);
  return Buffer.of((major << 5) | 25, length >> 8, length & 255);
}
