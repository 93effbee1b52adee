import type { AppFacts } from '../core/auth-provider';
import { isInstance } from '../util/instance';
import type { OtpStoreInterface, PasskeyRecord, PasskeyStoreInterface } from './factor-stores';
import { passkeyText, readPasskey } from './passkey-text';
import type { FactorOwner } from './second-factor';

/**
 * Second factors in memory: for tests, and for a single process whose users set up their factors again after each
 * restart.
 * @example class Otp extends OtpService { constructor() { super({ store: new MemoryFactors(), secret }); } }
 */
export class MemoryFactors implements OtpStoreInterface, PasskeyStoreInterface {
  readonly #codes = new Map<string, string>();
  readonly #passkeys = new Map<string, { readonly owner: string; readonly text: string }>();

  getOtp(user: FactorOwner): string | undefined {
    return this.#codes.get(keyOf(user));
  }

  updateOtp(user: FactorOwner, next: string | undefined, previous: string | undefined): boolean {
    const key = keyOf(user);
    if (this.#codes.get(key) !== previous) return false;
    if (next === undefined) this.#codes.delete(key);
    else this.#codes.set(key, next);
    return true;
  }

  getPasskey(id: string): PasskeyRecord | undefined {
    const found = this.#passkeys.get(id);
    return found && readPasskey(found.text);
  }

  listPasskeys(user: FactorOwner): readonly PasskeyRecord[] {
    const key = keyOf(user);
    return [...this.#passkeys.values()]
      .filter(({ owner }) => owner === key)
      .map(({ text }) => readPasskey(text));
  }

  addPasskey(passkey: PasskeyRecord): boolean {
    if (this.#passkeys.has(passkey.id)) return false;
    this.#passkeys.set(passkey.id, { owner: keyOf(passkey.user), text: passkeyText(passkey) });
    return true;
  }

  updatePasskey(next: PasskeyRecord, previous: PasskeyRecord): boolean {
    const found = this.#passkeys.get(previous.id);
    const isSame = found?.text === passkeyText(previous) && next.id === previous.id;
    if (!isSame || found.owner !== keyOf(next.user)) return false;
    this.#passkeys.set(next.id, { owner: found.owner, text: passkeyText(next) });
    return true;
  }

  removePasskey(user: FactorOwner, id: string): boolean {
    return this.#passkeys.get(id)?.owner === keyOf(user) && this.#passkeys.delete(id);
  }
}

function keyOf({ username, userstore }: FactorOwner): string {
  return JSON.stringify([userstore ?? null, username]);
}

/** Reports a store that forgets at a restart which users have a second factor. */
export function reportMemory(component: string, store: unknown, app: AppFacts): void {
  if (!isInstance(store, MemoryFactors)) return;
  const problem =
    'second factors are kept in the memory of this process: after a restart the password alone is enough';
  app.report({ component, problem });
}
