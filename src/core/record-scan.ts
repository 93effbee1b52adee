import { inspect, types } from 'node:util';
import {
  appPrototypesOf,
  bytesOf,
  isBoxed,
  isDirect,
  isOpaque,
  isPlainPrototype,
  ownKeysOf,
} from './objects';
import { type Budget, RecordFault } from './record-fault';
import type { Secrets } from './secrets';
import { silence } from './silence';

/** The depth to which instances of classes may hold instances of classes: a date library needs two levels. */
const MAX_DEPTH = 3;

/** The properties that every function has. */
const OF_FUNCTIONS: readonly PropertyKey[] = ['length', 'name', 'prototype', 'arguments', 'caller'];

/** The methods that JSON, templates and `util.inspect` call. `mustWork`: an exception makes the record useless. */
const CALLED_BY_OTHERS: readonly {
  readonly key: PropertyKey;
  readonly mustWork: boolean;
  readonly parameters: () => unknown[];
}[] = [
  { key: 'toJSON', mustWork: true, parameters: () => [''] },
  {
    key: inspect.custom,
    mustWork: true,
    parameters: () => [2, { ...inspect.defaultOptions, stylize: String }, inspect],
  },
  { key: Symbol.toPrimitive, mustWork: false, parameters: () => ['string'] },
  { key: 'toString', mustWork: false, parameters: () => [] },
  { key: 'valueOf', mustWork: false, parameters: () => [] },
];

/** The word for the scanned object itself in messages. */
const SELF = 'it';

class SecretFound extends RecordFault {}

/**
 * Searches for secrets in everything that can be reached from an object: own and inherited properties, and the methods
 * that JSON and `util.inspect` call. Data is searched first, so that no getter of a connection or a server runs: these
 * objects are too deep and end the search before.
 */
export class SecretScan {
  private readonly seen = new Set<object>();
  private readonly asJson = new Set<object>();
  private readonly computing: { readonly object: object; readonly depth: number }[] = [];

  constructor(
    private readonly secrets: Secrets,
    private readonly budget: Budget,
  ) {}

  /**
   * @param names fields of the object itself that are names, never secrets
   * @throws RecordFault if a secret is found, or if a value cannot be inspected
   */
  refuse(object: object, names: readonly PropertyKey[] = []): void {
    this.look(object, 0, SELF, names);
    for (let next = this.computing.pop(); next !== undefined; next = this.computing.pop()) {
      this.compute(next.object, next.depth);
    }
  }

  /**
   * True if the data of an object holds a secret. No code of its class runs.
   * @throws RecordFault if a value cannot be inspected
   */
  isInDataOf(object: object): boolean {
    try {
      this.look(object, 1, SELF);
      return false;
    } catch (error) {
      if (error instanceof SecretFound) return true;
      throw error;
    }
  }

  private look(value: unknown, depth: number, where: string, names: readonly PropertyKey[] = []): void {
    if (typeof value === 'string') this.refuseText(value, where);
    else if (typeof value === 'symbol') this.refuseText(value.description ?? '', where);
    else if (typeof value === 'function') this.lookInto(value, depth, where, OF_FUNCTIONS);
    else if (typeof value === 'object' && value !== null) this.lookInto(value, depth, where, names);
  }

  private lookInto(object: object, depth: number, where: string, skipped: readonly PropertyKey[]): void {
    if (this.seen.has(object)) return;
    this.seen.add(object);
    this.budget.spend();
    if (types.isPromise(object)) silence(object);
    if (isOpaque(object)) throw new RecordFault(`${where} cannot be looked into`);
    const bytes = bytesOf(object);
    if (bytes !== undefined && this.secrets.isInBytes(bytes)) {
      throw new SecretFound(`${where} gives the hash`);
    }
    if (types.isStringObject(object)) this.refuseText(String.prototype.valueOf.call(object), where);
    if (types.isSymbolObject(object)) {
      this.refuseText(Symbol.prototype.valueOf.call(object).description ?? '', where);
    }
    const isOfClass = isBoxed(object) ? !appPrototypesOf(object).next().done : !isData(object);
    if (isOfClass && depth > MAX_DEPTH) throw new RecordFault(`${where} leads too far from the record`);
    const inner = isOfClass ? depth + 1 : depth;
    if (types.isMap(object)) {
      Map.prototype.forEach.call(object, (value: unknown, key: unknown) => {
        this.look(key, inner, where);
        this.look(value, inner, where);
      });
    }
    if (types.isSet(object)) {
      Set.prototype.forEach.call(object, (value: unknown) => {
        this.look(value, inner, where);
      });
    }
    let hasCode = isOfClass && typeof object !== 'function';
    for (const key of ownKeysOf(object)) {
      if (skipped.includes(key)) continue;
      this.refuseName(key, where);
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
      this.budget.spend();
      if (descriptor === undefined) continue;
      // Deeper down, a property name may be data of a user.
      if ('value' in descriptor) this.look(descriptor.value, inner, where === SELF ? textOf(key) : where);
      hasCode ||= descriptor.get !== undefined || CALLED_BY_OTHERS.some((called) => called.key === key);
    }
    if (!hasCode) return;
    if (depth > MAX_DEPTH) throw new RecordFault(`${where} leads too far from the record`);
    this.computing.push({ object, depth: depth + 1 });
  }

  /** Searches the results of getters, and of the methods that other code calls. */
  private compute(object: object, depth: number): void {
    const owners = [...ownersOf(object)];
    for (const owner of owners) {
      for (const key of ownKeysOf(owner)) this.lookAtMember(object, owner, key, depth);
    }
    const isOfLanguage = isBoxed(object);
    for (const { key, mustWork, parameters } of CALLED_BY_OTHERS) {
      // JSON does not call toJSON() of an object that toJSON() returned.
      if (key === 'toJSON' && this.asJson.has(object)) continue;
      // The language's own conversions of bytes and strings need no check: their values have been searched.
      if (isOfLanguage && !owners.some((owner) => Object.hasOwn(owner, key))) continue;
      const method: unknown = Reflect.get(object, key);
      if (typeof method !== 'function' || method === Reflect.get(Object.prototype, key)) continue;
      const given = attempt(() => Reflect.apply(method, object, parameters()) as unknown);
      if (given !== FAILED) {
        if (key === 'toJSON' && typeof given === 'object' && given !== null) this.asJson.add(given);
        this.look(given, depth, `${textOf(key)}()`);
      } else if (mustWork) throw new RecordFault(`${textOf(key)}() fails: a copy has no private fields`);
    }
  }

  private lookAtMember(object: object, owner: object, key: PropertyKey, depth: number): void {
    const descriptor = Reflect.getOwnPropertyDescriptor(owner, key);
    if (descriptor === undefined) return;
    if (descriptor.get === undefined) {
      if (owner === object || typeof descriptor.value === 'function') return;
      this.refuseName(key, 'its prototype');
      this.look(descriptor.value, depth, textOf(key));
      return;
    }
    const given = attempt(() => Reflect.get(object, key) as unknown);
    if (given === FAILED)
      throw new RecordFault(`the getter of ${textOf(key)} fails: a copy has no private fields`);
    this.look(given, depth, textOf(key));
  }

  private refuseName(key: PropertyKey, where: string): void {
    if (this.secrets.isInName(key)) throw new SecretFound(`${where} has the hash as a name`);
  }

  private refuseText(text: string, where: string): void {
    if (this.secrets.isIn(text)) throw new SecretFound(`${where} gives the hash`);
  }
}

function textOf(key: PropertyKey): string {
  return typeof key === 'symbol' ? (key.description ?? '') : String(key);
}

/** True for an object without code other than that of the language. */
function isData(object: object): boolean {
  if (isPlainPrototype(Object.getPrototypeOf(object))) return true;
  const isBuiltIn =
    Array.isArray(object) ||
    types.isDate(object) ||
    types.isMap(object) ||
    types.isSet(object) ||
    types.isRegExp(object);
  return isBuiltIn && isDirect(object);
}

/** An object and its prototypes, except those that every object or function has. */
function* ownersOf(object: object): Generator<object> {
  yield object;
  if (isBoxed(object)) {
    yield* appPrototypesOf(object);
    return;
  }
  let owner = Object.getPrototypeOf(object) as object | null;
  while (owner !== null && !isPlainPrototype(owner) && !isFunctionPrototype(owner)) {
    if (types.isProxy(owner)) throw new RecordFault('its prototype is a proxy');
    yield owner;
    owner = Object.getPrototypeOf(owner) as object | null;
  }
}

function isFunctionPrototype(object: object): boolean {
  return typeof object === 'function' && isPlainPrototype(Object.getPrototypeOf(object));
}

const FAILED = Symbol('failed');

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return FAILED;
  }
}
