import { types } from 'node:util';

/** A record that leads to more objects is not followed further, and no longer list is. */
const MAX_OBJECTS = 1000;

/** A promise that nobody looks at must not end the process. */
export function silence(promise: Promise<unknown>): void {
  void Promise.prototype.then.call(promise, undefined, () => undefined);
}

/**
 * Silences the promises in the data of what an app's code gave, however deep: a store may keep lazy relations in a
 * record, and nobody waits for them while a password is verified. No getter runs, and nothing is thrown.
 */
export function silencePromisesIn(given: unknown): void {
  if (typeof given !== 'object' || given === null) return;
  const found = new Set([given]);
  // A set hands out what is added to it on the way.
  for (const object of found) {
    try {
      if (types.isPromise(object)) silence(object);
      else if (found.size <= MAX_OBJECTS && !types.isProxy(object)) addInner(object, found);
    } catch {
      // Whoever copies the record finds out.
    }
  }
}

function addInner(object: object, found: Set<object>): void {
  const add = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) found.add(value);
  };
  if (ArrayBuffer.isView(object) || types.isStringObject(object)) return;
  if (Array.isArray(object) && object.length > MAX_OBJECTS) return;
  for (const key of Reflect.ownKeys(object)) add(Reflect.getOwnPropertyDescriptor(object, key)?.value);
  if (types.isMap(object)) {
    Map.prototype.forEach.call(object, (value, key) => {
      add(key);
      add(value);
    });
  }
  if (types.isSet(object)) Set.prototype.forEach.call(object, add);
}
