import { types } from 'node:util';
import { bytesOf, isBoxed, isDirect, isPlainPrototype } from './objects';
import { type Budget, RecordFault } from './record-fault';
import { SecretScan } from './record-scan';
import type { Secrets } from './secrets';
import type { User } from './user';

const LEFT_OUT = Symbol('left out');

/**
 * One copy of a user record without its secrets. Plain objects, arrays, maps, sets and dates are copied at every depth;
 * instances of classes that hold no secret are shared with the record.
 */
export class RecordCopy {
  private readonly copies = new Map<object, unknown>();
  private hasCode = false;

  constructor(
    private readonly secrets: Secrets | undefined,
    private readonly budget: Budget,
  ) {}

  /** False if the copy is pure data, so that the omitted values cannot come back. */
  get mustBeScanned(): boolean {
    return this.hasCode;
  }

  /** @throws RecordFault if the record cannot be copied without the secret */
  of(record: User): User {
    const prototype = Object.getPrototypeOf(record) as object | null;
    return this.copyObject(record, prototype, true) as User;
  }

  private copyObject(source: object, prototype: object | null, isUser = false): object {
    const copy = Object.create(prototype) as Record<PropertyKey, unknown>;
    this.copies.set(source, copy);
    const isPlain = isPlainPrototype(prototype);
    if (!isPlain) this.hasCode = true;
    for (const key of Reflect.ownKeys(source)) {
      if (isUser && key === 'password') continue;
      const descriptor = Reflect.getOwnPropertyDescriptor(source, key);
      if (descriptor === undefined || this.secrets?.isInName(key) === true) continue;
      const isName = isUser && NAMES.includes(key);
      const isData = 'value' in descriptor;
      if (!isData && this.secrets === undefined && !isName) {
        Object.defineProperty(copy, key, descriptor);
        continue;
      }
      const given: unknown = isData ? descriptor.value : Reflect.get(source, key);
      const value = isName ? copyNames(given) : this.copyValue(given);
      if (value === LEFT_OUT) continue;
      // This runs at every request: an assignment takes a seventh of the time of a definition.
      if (descriptor.enumerable === true && isAssignable(copy, key, isPlain || descriptor)) copy[key] = value;
      else Object.defineProperty(copy, key, { ...flagsOf(descriptor), value });
    }
    return copy;
  }

  private copyValue(value: unknown): unknown {
    if (typeof value === 'string') return this.isSecret(value) ? LEFT_OUT : value;
    if (typeof value === 'symbol') return this.isSecret(value.description ?? '') ? LEFT_OUT : value;
    if (typeof value === 'function') this.hasCode = true;
    return typeof value === 'object' && value !== null ? this.copyInner(value) : value;
  }

  private copyInner(source: object): unknown {
    const known = this.copies.get(source);
    if (known !== undefined) return known;
    this.budget.spend();
    if (Array.isArray(source)) return this.copyArray(source);
    const prototype = Object.getPrototypeOf(source) as object | null;
    if (isPlainPrototype(prototype)) return this.copyObject(source, prototype);
    if (isDirect(source)) {
      if (types.isDate(source)) return new Date(Date.prototype.getTime.call(source));
      if (types.isMap(source)) return this.copyMap(source);
      if (types.isSet(source)) return this.copySet(source);
    }
    return this.share(source, prototype);
  }

  private copyArray(source: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    this.copies.set(source, copy);
    Array.prototype.forEach.call(source, (value: unknown) => {
      this.budget.spend();
      const own = this.copyValue(value);
      if (own !== LEFT_OUT) copy.push(own);
    });
    return copy;
  }

  private copyMap(source: Map<unknown, unknown>): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>();
    this.copies.set(source, copy);
    Map.prototype.forEach.call(source, (value: unknown, key: unknown) => {
      this.budget.spend();
      const [ownKey, own] = [this.copyValue(key), this.copyValue(value)];
      if (ownKey !== LEFT_OUT && own !== LEFT_OUT) copy.set(ownKey, own);
    });
    return copy;
  }

  private copySet(source: Set<unknown>): Set<unknown> {
    const copy = new Set<unknown>();
    this.copies.set(source, copy);
    Set.prototype.forEach.call(source, (value: unknown) => {
      this.budget.spend();
      const own = this.copyValue(value);
      if (own !== LEFT_OUT) copy.add(own);
    });
    return copy;
  }

  /** An instance of a class works best unchanged. If its data has a secret, it is copied like the record. */
  private share(source: object, prototype: object | null): unknown {
    if (this.secrets === undefined) return source;
    this.hasCode = true;
    if (types.isStringObject(source) && this.isSecret(String.prototype.valueOf.call(source))) return LEFT_OUT;
    const bytes = bytesOf(source);
    if (bytes !== undefined && this.secrets.isInBytes(bytes)) return LEFT_OUT;
    if (!types.isProxy(source) && !new SecretScan(this.secrets, this.budget).isInDataOf(source))
      return source;
    // Copies of these would have their properties only, not their value.
    if (isBoxed(source) || types.isRegExp(source)) return LEFT_OUT;
    return this.copyObject(source, prototype);
  }

  private isSecret(text: string): boolean {
    if (this.secrets?.isIn(text) !== true) return false;
    if (this.secrets.areTypeable) throw new RecordFault('another field equals its plaintext password');
    return true;
  }
}

/** Fields that hold names. Access is decided by them, so they are never left out, whatever password a user chose. */
export const NAMES: readonly PropertyKey[] = ['username', 'roles', 'groups'];

function copyNames(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const names: unknown[] = [];
  Array.prototype.forEach.call(value, (name: unknown) => names.push(name));
  return Object.freeze(names);
}

/** True if an assignment gives the same property as a definition. In a plain copy every property is writable. */
function isAssignable(copy: object, key: PropertyKey, source: true | PropertyDescriptor): boolean {
  if (source === true) return key !== '__proto__';
  return source.writable === true && source.configurable === true && !(key in copy);
}

function flagsOf({ enumerable, configurable, writable }: PropertyDescriptor): PropertyDescriptor {
  return {
    enumerable: enumerable === true,
    configurable: configurable === true,
    writable: writable === true,
  };
}
