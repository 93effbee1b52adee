/** Verifies the signatures of authenticators, by the optional peer `@simplewebauthn/server`. */
import { lazy } from '../util/lazy';
import { loadOptional } from '../util/load-optional';
import type { Assertion, Attestation } from './responses';

/** The part of the package that is used here. */
interface WebAuthn {
  readonly verifyRegistrationResponse: (options: Expected & { readonly response: object }) => Promise<{
    readonly verified: boolean;
    readonly registrationInfo?: {
      readonly credential: { readonly id: string; readonly publicKey: Uint8Array; readonly counter: number };
      readonly credentialDeviceType: string;
    };
  }>;
  readonly verifyAuthenticationResponse: (
    options: Expected & {
      readonly response: object;
      readonly credential: { readonly id: string; readonly publicKey: Uint8Array; readonly counter: number };
    },
  ) => Promise<{
    readonly verified: boolean;
    readonly authenticationInfo: { readonly newCounter: number; readonly credentialDeviceType: string };
  }>;
}

interface Helpers {
  readonly decodeAttestationObject: (bytes: Uint8Array) => { get(name: 'authData'): unknown };
  readonly isoCBOR: { readonly encode: (value: unknown) => Uint8Array };
}

interface Expected {
  readonly expectedChallenge: string;
  readonly expectedOrigin: string[];
  readonly expectedRPID: string;
  readonly requireUserVerification: true;
}

/** The required origin of responses. */
export interface RelyingParty {
  readonly rpId: string;
  readonly origins: readonly string[];
}

export interface NewCredential {
  readonly publicKey: string;
  readonly counter: number;
  readonly device: 'single' | 'multi';
}

export interface UsedCredential {
  readonly counter: number;
  readonly device: 'single' | 'multi';
}

/** The longest keys in use, RSA of 4,096 bits, have 710 characters. */
const MAX_KEY_LENGTH = 2048;

/** @throws ConfigurationError when it is not installed */
export const loadWebAuthn: () => WebAuthn & Helpers = lazy(() => ({
  ...(loadOptional('@simplewebauthn/server', 'PasskeyService') as WebAuthn),
  ...(loadOptional('@simplewebauthn/server/helpers', 'PasskeyService') as Helpers),
}));

/** A new passkey of a verified user, created for a page of the app; undefined for anything else. Never rejects. */
export async function newCredential(
  party: RelyingParty,
  { id, client, clientDataJSON, attestationObject }: Attestation,
): Promise<NewCredential | undefined> {
  const { verifyRegistrationResponse } = loadWebAuthn();
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...expectedOf(party, client.challenge),
      response: credentialOf(id, {
        clientDataJSON,
        attestationObject: withoutStatement(attestationObject),
        transports: [],
      }),
    });
    if (!verified || registrationInfo?.credential.id !== id) return undefined;
    const { credential, credentialDeviceType } = registrationInfo;
    const publicKey = Buffer.from(credential.publicKey).toString('base64url');
    if (publicKey.length > MAX_KEY_LENGTH) return undefined;
    return {
      publicKey,
      counter: credential.counter,
      device: deviceOf(credentialDeviceType),
    };
  } catch {
    // Errors of the package quote the challenge.
    return undefined;
  }
}

/**
 * The data of a passkey's use, if its key signed the response. The counter is not checked. Undefined for anything else.
 * Never rejects.
 */
export async function usedCredential(
  party: RelyingParty,
  publicKey: string,
  { id, client, clientDataJSON, authenticatorData, signature }: Assertion,
): Promise<UsedCredential | undefined> {
  const { verifyAuthenticationResponse } = loadWebAuthn();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expectedOf(party, client.challenge),
      response: credentialOf(id, { clientDataJSON, authenticatorData, signature }),
      credential: { id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
    });
    if (!verified) return undefined;
    const { newCounter, credentialDeviceType } = authenticationInfo;
    return { counter: newCounter, device: deviceOf(credentialDeviceType) };
  } catch {
    return undefined;
  }
}

function expectedOf({ rpId, origins }: RelyingParty, challenge: string): Expected {
  return {
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
  };
}

function credentialOf(id: string, response: object): object {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
}

/**
 * The app does not request a statement of the authenticator's manufacturer, so it is ignored: verifying it would fetch
 * revocation lists from any address in a client's certificate.
 * @see WebAuthn Level 3 section 8.7
 */
function withoutStatement(attestationObject: string): string {
  const { decodeAttestationObject, isoCBOR } = loadWebAuthn();
  const decoded = decodeAttestationObject(Buffer.from(attestationObject, 'base64url'));
  const plain = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', decoded.get('authData')],
  ]);
  return Buffer.from(isoCBOR.encode(plain)).toString('base64url');
}

function deviceOf(type: string): 'single' | 'multi' {
  return type === 'singleDevice' ? 'single' : 'multi';
}
