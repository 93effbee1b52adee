import { types } from 'node:util';
import { isFrozenJson } from './frozen-json';

/** After this many objects a record is not followed further. Longer lists are not followed at all. */
const MAX_OBJECTS = 1000;

/** Prevents the rejection of an ignored promise from ending the process. */
export function silence(promise: Promise<unknown>): void {
  void Promise.prototype.then.call(promise, undefined, () => undefined);
}

/**
 * Silences the promises in data from the app's code, at every depth: a store may keep lazy relations in a record, and
 * they are not awaited while a password is verified. Runs no getter of an object and never throws.
 */
export function silencePromisesIn(given: unknown): void {
  if (typeof given !== 'object' || given === null || isFrozenJson(given)) return;
  const found = visit(given, undefined);
  if (found === undefined) return;
  // Iterating a set also yields the values that are added meanwhile.
  for (const object of found) visit(object, found);
}

/**
 * Visits the values that one object holds.
 * @param found collects the objects to visit next; created on the first one, as most records have none
 */
function visit(object: object, found: Set<object> | undefined): Set<object> | undefined {
  try {
    if (types.isPromise(object)) silence(object);
    else if ((found?.size ?? 0) <= MAX_OBJECTS && !types.isProxy(object)) return addInner(object, found);
  } catch {
    // The code that copies the record reports the error.
  }
  return found;
}

function addInner(object: object, found: Set<object> | undefined): Set<object> | undefined {
  const isPlain = Object.getPrototypeOf(object) === Object.prototype;
  if (!isPlain && (ArrayBuffer.isView(object) || types.isStringObject(object))) return found;
  if (Array.isArray(object) && (object.length > MAX_OBJECTS || isFlat(object))) return found;
  let all = found;
  for (const key of Reflect.ownKeys(object)) {
    all = add(Reflect.getOwnPropertyDescriptor(object, key)?.value, all);
  }
  if (isPlain) return all;
  if (types.isMap(object)) {
    Map.prototype.forEach.call(object, (value: unknown, key: unknown) => {
      all = add(value, add(key, all));
    });
  }
  if (types.isSet(object)) {
    Set.prototype.forEach.call(object, (value: unknown) => {
      all = add(value, all);
    });
  }
  return all;
}

function add(value: unknown, found: Set<object> | undefined): Set<object> | undefined {
  if (typeof value !== 'object' || value === null || isHarmless(value)) return found;
  return (found ?? new Set()).add(value);
}

/** True for values that every user has: lists of names, and times. */
function isHarmless(value: object): boolean {
  if (isFrozenJson(value)) return true;
  if (types.isProxy(value)) return false;
  if (Array.isArray(value)) return value.length <= MAX_OBJECTS && isFlat(value);
  return types.isDate(value) && Reflect.ownKeys(value).length === 0;
}

/** True for a list of strings, numbers and the like without further properties. */
function isFlat(list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index];
    if (typeof entry === 'object' && entry !== null) return false;
    // A hole would leave room for a further property in the count below.
    if (entry === undefined && !Object.hasOwn(list, index)) return false;
  }
  return Reflect.ownKeys(list).length === list.length + 1;
}
