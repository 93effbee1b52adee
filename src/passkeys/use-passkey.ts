/**
 * Verifies the use of a passkey, for a login or as a second factor.
 * @see WebAuthn Level 3 section 7.2
 */
import { BadCredentialsError, ServiceUnavailableError } from '../errors';
import type { FactorOwner } from '../factors/second-factor';
import { isInstance } from '../util/instance';
import { descriptorOf, openChallenge, refused, type Spend, spendOnce, wrong } from './ceremony';
import type { PasskeyRecord } from '../factors/factor-stores';
import type { PasskeyParts } from './passkey-parts';
import { type Assertion, readAssertion } from './responses';
import { isOwner } from './stored-passkeys';
import { ownerKey } from './user-handle';
import { usedCredential } from './webauthn';

const TRIES = 5;

/** The request with the response. */
export interface Use {
  readonly ip: string;
  readonly spend: Spend;
  /** Called when a passkey failed for a user, with the method that it would have proved. */
  readonly failed: (owner: FactorOwner, method: string) => void;
}

/** A passkey that was used. */
export interface UsedPasskey {
  readonly owner: FactorOwner;
  /** An RFC 8176 value: `hwk` if the key never leaves its device, `swk` if it is synced. */
  readonly method: 'hwk' | 'swk';
  readonly at: Date;
}

/**
 * The argument of `navigator.credentials.get()`, after `parseRequestOptionsFromJSON()`.
 * @param owner undefined for a login, for which the passkey identifies the user
 * @throws InvalidRequestError for a user without a passkey
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
 * Verifies the use of a passkey. Failures are counted for the address before the response is verified.
 * @param owner the required owner of the passkey; undefined for a login
 * @throws InvalidRequestError (400) for a malformed response, which is not counted
 * @throws BadCredentialsError (401), ThrottledError (429)
 * @throws ServiceUnavailableError (503) when a store is unavailable, or the passkey is used elsewhere at the same time
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
  // A user who logs in without a name is found by the handle in the authenticator.
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
    if (passkey?.publicKey !== publicKey || !isOwner(passkey.user, user)) {
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
