import { isDeepStrictEqual } from 'node:util';
import type { FactorOwner } from '../../src';
import type { PasskeyRecord, PasskeyStoreInterface } from '../../src';

/** Passkeys in a map, as an app could keep them, with what tests watch. */
export class PlainPasskeys implements PasskeyStoreInterface {
  readonly records = new Map<string, PasskeyRecord>();
  readonly calls: string[] = [];
  isDown = false;
  /** Called before each change: others that come first. */
  meanwhile: () => void = () => undefined;

  async getPasskey(id: string) {
    await this.#note('get');
    return this.records.get(id);
  }
  async listPasskeys(user: FactorOwner) {
    await this.#note('list');
    return [...this.records.values()].filter((record) => isDeepStrictEqual(record.user, user));
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
    if (!isDeepStrictEqual(this.records.get(id)?.user, user)) return false;
    return this.records.delete(id);
  }

  async #note(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    if (this.isDown) throw new Error('down');
  }
}
