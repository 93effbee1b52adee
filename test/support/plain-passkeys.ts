import { isDeepStrictEqual } from 'node:util';
import type { FactorOwner, PasskeyRecord, PasskeyStoreInterface } from '../../src';

/** Passkeys in a map, as an app could store them, with hooks for tests. */
export class PlainPasskeys implements PasskeyStoreInterface {
  readonly records = new Map<string, PasskeyRecord>();
  readonly calls: string[] = [];
  isDown = false;
  /** Called before each change, to simulate a concurrent change. */
  meanwhile: () => void = () => undefined;

  async getPasskey(id: string) {
    await this.#note('get');
    return this.records.get(id);
  }
  async listPasskeys(user: FactorOwner) {
    await this.#note('list');
    return [...this.records.values()].filter((record) => isOf(record, user));
  }
  async addPasskey(passkey: PasskeyRecord) {
    await this.#note('add');
    if (this.records.has(passkey.id)) return false;
    this.records.set(passkey.id, passkey);
    return true;
  }
  async updatePasskey(next: PasskeyRecord, previous: PasskeyRecord) {
    await this.#note('update');
    this.meanwhile();
    if (!isDeepStrictEqual(this.records.get(previous.id), previous)) return false;
    this.records.set(next.id, next);
    return true;
  }
  async removePasskey(user: FactorOwner, id: string) {
    await this.#note('remove');
    const record = this.records.get(id);
    return record !== undefined && isOf(record, user) && this.records.delete(id);
  }

  async #note(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    if (this.isDown) throw new Error('down');
  }
}

/** Stores know users by name and userstore alone. */
function isOf({ user }: PasskeyRecord, { username, userstore }: FactorOwner): boolean {
  return user.username === username && user.userstore === userstore;
}
