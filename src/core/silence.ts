import { types } from 'node:util';
import { isFrozenJson } from './frozen-json';

/** A record that leads to more objects is not followed further, and no longer list is. */
const MAX_OBJECTS = 1000;

/** A promise that nobody looks at must not end the process. */
export function silence(promise: Promise<unknown>): void {
  void Promise.prototype.then.call(promise, undefined, () => undefined);
}

/**
 * Silences the promises in the data of what an app's code gave, however deep: a store may keep lazy relations in a
 * record, and nobody waits for them while a password is verified. No getter of an object runs, and nothing is thrown.
 */
export function silencePromisesIn(given: unknown): void {
  if (typeof given !== 'object' || given === null || isFrozenJson(given)) return;
  const found = visit(given, undefined);
  if (found === undefined) return;
  // A set hands out what is added to it on the way.
  for (const object of found) visit(object, found);
}

/**
 * Looks at what one object holds.
 * @param found takes the objects that must be looked at too; made where there are any, as most records have none
 */
function visit(object: object, found: Set<object> | undefined): Set<object> | undefined {
  try {
    if (types.isPromise(object)) silence(object);
    else if ((found?.size ?? 0) <= MAX_OBJECTS && !types.isProxy(object)) return addInner(object, found);
  } catch {
    // Whoever copies the record finds out.
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

/** What every user has: lists of names, and times. */
function isHarmless(value: object): boolean {
  if (isFrozenJson(value)) return true;
  if (types.isProxy(value)) return false;
  if (Array.isArray(value)) return value.length <= MAX_OBJECTS && isFlat(value);
  return types.isDate(value) && Reflect.ownKeys(value).length === 0;
}

/** True for a list of texts, numbers and the like, and nothing beside its elements. */
function isFlat(list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index];
    if (typeof entry === 'object' && entry !== null) return false;
    // A hole makes room for a property beside the elements.
    if (entry === undefined && !Object.hasOwn(list, index)) return false;
  }
  return Reflect.ownKeys(list).length === list.length + 1;
}
