/**
 * Finds the mechanism of the token that a client sends after `Negotiate`. Only a Kerberos ticket in the first message
 * is passed to the native code, so that no other installed mechanism is negotiated, and no login takes several
 * requests.
 */
import { MalformedCredentialsError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';

/** The length in base64. A ticket of Active Directory with many groups has about 48 KiB. */
const MAX_LENGTH = 65_536;

/**
 * The token of `Authorization: Negotiate`; undefined when the header is absent or of another scheme.
 * @throws MalformedCredentialsError when it is empty, longer than 64 KiB, or not canonical base64
 * @see RFC 4559 section 4.2
 */
export function readNegotiate(header: string | undefined): Buffer | undefined {
  const authorization = parseAuthorization(header);
  if (authorization?.scheme !== 'negotiate') return undefined;
  const { credentials } = authorization;
  if (credentials === '' || credentials.length > MAX_LENGTH) throw new MalformedCredentialsError();
  const bytes = Buffer.from(credentials, 'base64');
  if (bytes.toString('base64') !== credentials) throw new MalformedCredentialsError();
  return bytes;
}

export type Mechanism = 'kerberos' | 'ntlm' | 'unreadable';

const SPNEGO = '2b0601050502';
const KERBEROS = '2a864886f712010202';
/** The second identifier of Kerberos, which Windows also puts into its list. @see RFC 4178 appendix C */
const KERBEROS_OF_WINDOWS = '2a864882f712010202';
const NTLM = '2b06010401823702020a';
const NTLM_MESSAGE = Buffer.from('NTLMSSP\0');

/**
 * The mechanism of a first token: Kerberos only if it holds the ticket.
 * @see RFC 2743 section 3.1, RFC 4178 section 4.2
 */
export function mechanismOf(token: Buffer): Mechanism {
  if (token.subarray(0, NTLM_MESSAGE.length).equals(NTLM_MESSAGE)) return 'ntlm';
  const framed = contents(token, 0x60);
  const oid = framed && element(framed);
  if (oid?.tag !== 0x06) return 'unreadable';
  const mechanism = oid.value.toString('hex');
  if (mechanism === KERBEROS) return 'kerberos';
  return mechanism === SPNEGO ? preferredMechanism(oid.rest) : 'unreadable';
}

/** The first mechanism of a NegTokenInit, which is that of its token. */
function preferredMechanism(bytes: Buffer): Mechanism {
  const negotiation = contents(contents(bytes, 0xa0), 0x30);
  let field = negotiation && element(negotiation);
  if (field?.tag !== 0xa0) return 'unreadable';
  const list = contents(field.value, 0x30);
  const first = list && element(list);
  if (first?.tag !== 0x06) return 'unreadable';
  const mechanism = first.value.toString('hex');
  if (mechanism === NTLM) return 'ntlm';
  if (mechanism !== KERBEROS && mechanism !== KERBEROS_OF_WINDOWS) return 'unreadable';
  while (field !== undefined && field.tag !== 0xa2) field = element(field.rest);
  return contents(field?.value, 0x04) === undefined ? 'unreadable' : 'kerberos';
}

interface Element {
  readonly tag: number;
  readonly value: Buffer;
  readonly rest: Buffer;
}

/** The first element of DER bytes. @see ITU-T X.690 section 8.1 */
function element(bytes: Buffer): Element | undefined {
  const [tag, short] = bytes;
  if (tag === undefined || short === undefined) return undefined;
  const lengthBytes = short < 0x80 ? 0 : short - 0x80;
  if (lengthBytes > 3 || short === 0x80 || bytes.length < 2 + lengthBytes) return undefined;
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) return undefined;
  return { tag, value: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** The contents of the bytes if they are exactly one element with this tag. */
function contents(bytes: Buffer | undefined, tag: number): Buffer | undefined {
  const only = bytes && element(bytes);
  return only?.tag === tag && only.rest.length === 0 ? only.value : undefined;
}
