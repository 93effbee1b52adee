/** The steps that the creation and the use of passkeys have in common. */
import { BadCredentialsError, InvalidRequestError } from '../errors';
import type { FactorOwner } from '../factors/second-factor';
import type { OpenChallenge, Purpose } from './challenges';
import type { PasskeyRecord } from '../factors/factor-stores';
import type { PasskeyParts } from './passkey-parts';
import type { ClientData } from './responses';
import { ownerKey } from './user-handle';

/** Records that a challenge was used: true for the first caller only. */
export type Spend = (digest: string, until: number) => Promise<boolean>;

/** @throws BadCredentialsError when the response is for another challenge or page */
export function openChallenge(
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

export async function spendOnce({ digest, until }: OpenChallenge, spend: Spend): Promise<void> {
  if (!(await spend(digest, until))) throw wrong('is for a challenge that was used before');
}

/** For the list of passkeys that a browser may use, or must not create again. */
export function descriptorOf({ id, transports }: PasskeyRecord): object {
  return { type: 'public-key', id, ...(transports.length > 0 && { transports }) };
}

export function refused(reason: string): InvalidRequestError {
  return new InvalidRequestError({ cause: new Error(reason) });
}

export function wrong(problem: string): BadCredentialsError {
  return new BadCredentialsError({ cause: new Error(`The response ${problem}`) });
}
