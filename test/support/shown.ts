import { inspect } from 'node:util';
import { instanceToPlain } from 'class-transformer';

/** Every text that an app or a client can get from a value without calling a method by its name. */
export function everythingShownBy(value: object): string {
  const shown: string[] = [];
  for (const show of WAYS) {
    try {
      shown.push(show(value));
    } catch {
      // A value that cannot be shown this way shows nothing.
    }
  }
  return shown.join('\n');
}

const DEEP = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null } as const;

const WAYS: readonly ((value: object) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify({ ...value }),
  (value) => JSON.stringify(Object.entries(value)),
  (value) => JSON.stringify(instanceToPlain(value)),
  (value) => JSON.stringify({ inner: [value] }),
  (value) => inspect(value),
  (value) => inspect(value, DEEP),
  (value) => inspect(value, { ...DEEP, getters: true }),
  (value) => inspect(value, { ...DEEP, customInspect: false }),
  (value) => inspect(Object.getOwnPropertyDescriptors(value), DEEP),
  (value) => inspect(structuredClone(value), DEEP),
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- what a template shows of it
  (value) => String(value),
  (value) => members(value),
  (value) => {
    const found: unknown[] = [];
    for (const key in value) found.push(key, Reflect.get(value, key));
    return inspect(found, DEEP);
  },
];

/** Own and inherited properties, by name and by symbol, enumerable or not. */
function members(value: object): string {
  const found: unknown[] = [];
  for (const owner of [value, ...prototypesOf(value)]) {
    for (const key of Reflect.ownKeys(owner)) {
      try {
        found.push(key, Reflect.get(value, key), owner === Object.prototype ? '' : Reflect.get(owner, key));
      } catch {
        // A getter that throws gives nothing.
      }
    }
  }
  return inspect(found, DEEP);
}

function prototypesOf(value: object): object[] {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null ? [] : [prototype, ...prototypesOf(prototype)];
}
