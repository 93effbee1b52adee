/**
 * Creates a passkey.
 * @see WebAuthn Level 3 section 7.1
 */
import type { FactorOwner } from '../factors/second-factor';
import { descriptorOf, openChallenge, refused, type Spend, spendOnce, wrong } from './ceremony';
import type { PasskeyRecord } from '../factors/factor-stores';
import type { PasskeyParts } from './passkey-parts';
import { readAttestation } from './responses';
import { ownerKey, userHandleOf } from './user-handle';
import { newCredential } from './webauthn';

const MAX_NAME = 100;

/** ES256, EdDSA and RS256. @see IANA COSE Algorithms */
const ALGORITHMS = [-7, -8, -257];

/**
 * The argument of `navigator.credentials.create()`, after `parseCreationOptionsFromJSON()`.
 * @throws InvalidRequestError when the user has the maximum number of passkeys
 */
export async function creationOptions(parts: PasskeyParts, owner: FactorOwner): Promise<object> {
  const { settings, challenges } = parts;
  const passkeys = await parts.stored.list(owner);
  refuseTooMany(passkeys.length + 1, settings.maxPerUser);
  const { username } = owner;
  return {
    challenge: challenges.issue('add', ownerKey(owner)),
    rp: { id: settings.rpId, name: parts.rpName() },
    // A second passkey on one device replaces the first if both have the same handle.
    user: { id: handleFor(parts, owner, passkeys), name: username, displayName: username },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: settings.challengeSeconds * 1000,
    attestation: 'none',
    excludeCredentials: passkeys.map(descriptorOf),
    authenticatorSelection: {
      residentKey: 'preferred',
      requireResidentKey: false,
      userVerification: 'required',
    },
    extensions: { credProps: true },
  };
}

/**
 * Stores a passkey that the user's browser has created.
 * @throws InvalidRequestError (400) for a malformed response, an invalid name, a passkey beyond the maximum number, and
 * a passkey that is stored already
 * @throws BadCredentialsError (401) when the response does not prove the passkey
 */
export async function addPasskey(
  parts: PasskeyParts,
  owner: FactorOwner,
  { response, name }: { readonly response: unknown; readonly name: unknown },
  spend: Spend,
): Promise<PasskeyRecord> {
  const attestation = readAttestation(response);
  const named = checkName(name);
  const challenge = openChallenge(parts, attestation.client, 'add', owner);
  const credential = await newCredential(parts.settings, attestation);
  if (credential === undefined) throw wrong('is not of a verified user, or not for this app');
  await spendOnce(challenge, spend);
  const before = await parts.stored.list(owner);
  refuseTooMany(before.length + 1, parts.settings.maxPerUser);
  const passkey: PasskeyRecord = {
    id: attestation.id,
    user: owner,
    userHandle: handleFor(parts, owner, before),
    ...credential,
    transports: attestation.transports,
    name: named,
    createdAt: new Date(parts.now()),
  };
  if (!(await parts.stored.add(passkey))) throw refused('The passkey is there already');
  // The last of several simultaneous requests sees all other passkeys.
  if ((await parts.stored.list(owner)).length > parts.settings.maxPerUser) {
    await parts.stored.remove(owner, passkey.id);
    throw refused('The user has the maximum number of passkeys');
  }
  return passkey;
}

function handleFor(parts: PasskeyParts, owner: FactorOwner, passkeys: readonly PasskeyRecord[]): string {
  // A changed secret leads to another handle, so the user keeps the handle that the authenticators know.
  return passkeys.at(-1)?.userHandle ?? userHandleOf(parts.handleKey, owner);
}

/** @throws InvalidRequestError for a name that is not text, empty or too long, or has control characters */
function checkName(name: unknown): string {
  if (name === undefined) return 'Passkey';
  const trimmed = typeof name === 'string' ? name.trim() : '';
  // eslint-disable-next-line no-control-regex -- it looks for control characters
  if (trimmed !== '' && trimmed.length <= MAX_NAME && !/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
    return trimmed.toWellFormed();
  }
  throw refused(`The name of a passkey must be 1 to ${String(MAX_NAME)} characters`);
}

function refuseTooMany(count: number, max: number): void {
  if (count > max) throw refused('The user has the maximum number of passkeys');
}
