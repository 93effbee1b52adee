/**
 * Reads the browser's credential, in the form of its `toJSON()`, from the body of a request. It takes only the needed
 * members and checks their type and form; other modules verify their content.
 * @see WebAuthn Level 3 section 5.1
 */
import { InvalidRequestError } from '../errors';

/** @see WebAuthn Level 3 section 5.8.1 */
export interface ClientData {
  readonly challenge: string;
  readonly origin: string;
  /** True in a frame within a page of another origin. */
  readonly isFramed: boolean;
}

interface Credential {
  readonly id: string;
  readonly client: ClientData;
  readonly clientDataJSON: string;
}

/** A new passkey. */
export interface Attestation extends Credential {
  readonly attestationObject: string;
  readonly transports: readonly string[];
}

/** The use of a passkey. */
export interface Assertion extends Credential {
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle: string | undefined;
}

/** The base64url length of 1,023 bytes. @see WebAuthn Level 3 section 4, credential id */
const MAX_ID_LENGTH = 1364;
const MAX_LENGTH = 32_768;

const TRANSPORTS: readonly unknown[] = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

/** @throws InvalidRequestError when the value is not the response of a new passkey */
export function readAttestation(value: unknown): Attestation {
  const { credential, response } = readCredential(value);
  const { transports } = response;
  return {
    ...credential,
    attestationObject: bytesIn(response, 'attestationObject'),
    // Hints for the browser. Later browsers may add values, which are ignored.
    transports: Array.isArray(transports)
      ? TRANSPORTS.filter((known): known is string => transports.includes(known))
      : [],
  };
}

/** @throws InvalidRequestError when the value is not the response of a passkey */
export function readAssertion(value: unknown): Assertion {
  const { credential, response } = readCredential(value);
  const { userHandle } = response;
  return {
    ...credential,
    authenticatorData: bytesIn(response, 'authenticatorData'),
    signature: bytesIn(response, 'signature'),
    userHandle: userHandle === null || userHandle === undefined ? undefined : bytesIn(response, 'userHandle'),
  };
}

function readCredential(value: unknown): { credential: Credential; response: Record<string, unknown> } {
  const members = objectOf(typeof value === 'string' ? parsed(value) : value);
  const response = objectOf(members['response']);
  const id = bytesIn(members, 'id', MAX_ID_LENGTH);
  if (members['type'] !== 'public-key') throw invalid('type');
  if (members['rawId'] !== undefined && members['rawId'] !== id) throw invalid('rawId');
  const clientDataJSON = bytesIn(response, 'clientDataJSON');
  return { credential: { id, client: clientDataOf(clientDataJSON), clientDataJSON }, response };
}

function clientDataOf(clientDataJSON: string): ClientData {
  const { challenge, origin, crossOrigin, topOrigin } = objectOf(parsed(textOf(clientDataJSON)));
  if (typeof challenge !== 'string' || typeof origin !== 'string') throw invalid('clientDataJSON');
  return {
    challenge,
    origin,
    isFramed: (crossOrigin !== undefined && crossOrigin !== false) || topOrigin !== undefined,
  };
}

function textOf(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'base64url'));
  } catch {
    throw invalid('clientDataJSON');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('JSON');
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('response');
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}

/** Bytes in canonical base64url, so that every reader decodes the same bytes. */
function bytesIn(members: Record<string, unknown>, name: string, maxLength = MAX_LENGTH): string {
  const value = members[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength && isBase64url(value)) {
    return value;
  }
  throw invalid(name);
}

export function isBase64url(text: string): boolean {
  return /^[\w-]+$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text;
}

function invalid(what: string): InvalidRequestError {
  return new InvalidRequestError({ cause: new Error(`No response of a passkey: ${what}`) });
}
