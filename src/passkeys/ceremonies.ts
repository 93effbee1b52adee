/**
 * The ceremonies of passkeys: what a browser is asked for, and what its answer proves.
 * @see WebAuthn Level 3 sections 7.1 and 7.2
 */
import { BadCredentialsError, InvalidRequestError, ServiceUnavailableError } from '../errors';
import { isInstance } from '../util/instance';
import type { OpenChallenge, Purpose } from './challenges';
import type { FactorOwner } from '../factors/second-factor';
import type { PasskeyRecord } from './factors-stub';
import type { PasskeyParts } from './passkey-parts';
import { type Assertion, type ClientData, readAssertion, readAttestation } from './responses';
import { isOwner } from './stored-passkeys';
import { ownerKey, userHandleOf } from './user-handle';
import { newCredential, usedCredential } from './webauthn';

/** Notes that a challenge was used: true for the first caller only. */
export type Spend = (digest: string, until: number) => Promise<boolean>;

/** The request that brings a response. */
export interface Use {
  readonly ip: string;
  readonly spend: Spend;
  /** Hears of a passkey that failed for a user: by the method that it would have proved. */
  readonly failed: (owner: FactorOwner, method: string) => void;
}

/** A passkey that was used. */
export interface UsedPasskey {
  readonly owner: FactorOwner;
  /** An RFC 8176 value: `hwk` where the key never leaves its device, `swk` where it is synced. */
  readonly method: 'hwk' | 'swk';
  readonly at: Date;
}

const TRIES = 5;
const MAX_NAME = 100;

/** ES256, EdDSA and RS256. @see IANA COSE Algorithms */
const ALGORITHMS = [-7, -8, -257];

/** What `navigator.credentials.create()` takes, by `parseCreationOptionsFromJSON()`. @throws InvalidRequestError for one too many */
export async function creationOptions(parts: PasskeyParts, owner: FactorOwner): Promise<object> {
  const { settings, challenges } = parts;
  const passkeys = await parts.stored.list(owner);
  refuseTooMany(passkeys.length + 1, settings.maxPerUser);
  const { username } = owner;
  return {
    challenge: challenges.issue('add', ownerKey(owner)),
    rp: { id: settings.rpId, name: parts.rpName() },
    // A second passkey on one device takes the place of the first where both have one handle.
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
 * What `navigator.credentials.get()` takes, by `parseRequestOptionsFromJSON()`.
 * @param owner undefined for a login, where the passkey says who comes
 * @throws InvalidRequestError for a user who has no passkey
 */
export async function requestOptions(parts: PasskeyParts, owner: FactorOwner | undefined): Promise<object> {
  const { settings, challenges } = parts;
  const passkeys = owner === undefined ? [] : await parts.stored.list(owner);
  if (owner !== undefined && passkeys.length === 0) throw refused('The user has no passkey');
  return {
    challenge:
      owner === undefined ? challenges.issue('login', '') : challenges.issue('factor', ownerKey(owner)),
    rpId: settings.rpId,
    timeout: settings.challengeSeconds * 1000,
    userVerification: 'required',
    allowCredentials: passkeys.map(descriptorOf),
  };
}

/**
 * Keeps a passkey that the user's browser has made.
 * @throws InvalidRequestError (400) for no such response, a name that is not valid, one too many, and a passkey of another
 * @throws BadCredentialsError (401) where the response does not prove it
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
  // Of several at once the last sees all others.
  if ((await parts.stored.list(owner)).length > parts.settings.maxPerUser) {
    await parts.stored.remove(owner, passkey.id);
    throw refused('The user has as many passkeys as may be');
  }
  return passkey;
}

/**
 * The passkey that a response proves the use of. Failures are counted for its address, before anything is looked at.
 * @param owner whose it must be; undefined for a login
 * @throws InvalidRequestError (400) for no such response, which is not counted
 * @throws BadCredentialsError (401), ThrottledError (429)
 * @throws ServiceUnavailableError (503) when a store cannot say, or the passkey is used elsewhere at the same time
 */
export async function usePasskey(
  parts: PasskeyParts,
  owner: FactorOwner | undefined,
  response: unknown,
  use: Use,
): Promise<UsedPasskey> {
  const assertion = readAssertion(response);
  const attempt = await parts.throttle.count({ username: assertion.id, ip: use.ip });
  try {
    const used = await provedUse(parts, owner, assertion, use);
    await attempt.succeeded();
    return used;
  } catch (error) {
    if (!isInstance(error, BadCredentialsError)) await attempt.undecided();
    else if (owner !== undefined) use.failed(owner, 'passkey');
    throw error;
  }
}

async function provedUse(
  parts: PasskeyParts,
  owner: FactorOwner | undefined,
  assertion: Assertion,
  { spend, failed }: Use,
): Promise<UsedPasskey> {
  const challenge = openChallenge(parts, assertion.client, owner === undefined ? 'login' : 'factor', owner);
  let passkey = await parts.stored.get(assertion.id);
  if (passkey === undefined) throw wrong('is of no known passkey');
  const { user, publicKey, userHandle } = passkey;
  if (owner !== undefined && !isOwner(user, owner)) throw wrong('is of the passkey of another user');
  // Whoever logs in without a name is found by the handle that the authenticator keeps.
  if ((assertion.userHandle ?? (owner && userHandle)) !== userHandle) throw wrong('names another user');
  const signed = await usedCredential(parts.settings, publicKey, assertion);
  if (signed === undefined) throw wrong('is not signed by the passkey of a verified user, for this app');
  if (signed.device !== passkey.device) throw wrong('is of another kind of device than the passkey');
  const refuseCopy = (): void => {
    if (passkey === undefined || isCounterRight(passkey.counter, signed.counter)) return;
    if (owner === undefined) failed(user, methodOf(passkey));
    throw wrong('has a counter that is not larger than the last one: the passkey may have been copied');
  };
  refuseCopy();
  await spendOnce(challenge, spend);
  const at = new Date(parts.now());
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (passkey === undefined || passkey.publicKey !== publicKey || !isOwner(passkey.user, user)) {
      throw wrong('is of a passkey that was removed');
    }
    refuseCopy();
    if (await parts.stored.update({ ...passkey, counter: signed.counter, lastUsedAt: at }, passkey)) {
      return { owner: user, method: methodOf(passkey), at };
    }
    passkey = await parts.stored.get(assertion.id);
  }
  throw new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('The passkey was used by others at the same time'),
  });
}

/** @see RFC 8176 section 2 */
export function methodOf({ device }: PasskeyRecord): UsedPasskey['method'] {
  return device === 'single' ? 'hwk' : 'swk';
}

/** Synced passkeys always send 0. @see WebAuthn Level 3 section 6.1.1 */
function isCounterRight(last: number, counter: number): boolean {
  return (last === 0 && counter === 0) || counter > last;
}

function openChallenge(
  { challenges, settings }: PasskeyParts,
  client: ClientData,
  purpose: Purpose,
  owner: FactorOwner | undefined,
): OpenChallenge {
  const challenge = challenges.open(client.challenge, purpose, owner === undefined ? '' : ownerKey(owner));
  if (challenge === undefined) throw wrong('is for no challenge that is open for it');
  if (!settings.origins.includes(client.origin)) throw wrong('is of an origin that is not among `origins`');
  if (client.isFramed) throw wrong('is of a frame in a page of another origin');
  return challenge;
}

async function spendOnce({ digest, until }: OpenChallenge, spend: Spend): Promise<void> {
  if (!(await spend(digest, until))) throw wrong('is for a challenge that was used before');
}

function handleFor(parts: PasskeyParts, owner: FactorOwner, passkeys: readonly PasskeyRecord[]): string {
  // Another secret makes another handle: the user keeps the one that authenticators know.
  return passkeys.at(-1)?.userHandle ?? userHandleOf(parts.handleKey, owner);
}

function descriptorOf({ id, transports }: PasskeyRecord): object {
  return { type: 'public-key', id, ...(transports.length > 0 && { transports }) };
}

/** @throws InvalidRequestError for a name that no list can show */
function checkName(name: unknown): string {
  if (name === undefined) return 'Passkey';
  const trimmed = typeof name === 'string' ? name.trim() : '';
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (trimmed !== '' && trimmed.length <= MAX_NAME && !/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
    return trimmed.toWellFormed();
  }
  throw refused(`The name of a passkey must be 1 to ${String(MAX_NAME)} characters`);
}

function refuseTooMany(count: number, max: number): void {
  if (count > max) throw refused('The user has as many passkeys as may be');
}

function refused(reason: string): InvalidRequestError {
  return new InvalidRequestError({ cause: new Error(reason) });
}

function wrong(problem: string): BadCredentialsError {
  return new BadCredentialsError({ cause: new Error(`The response ${problem}`) });
}
