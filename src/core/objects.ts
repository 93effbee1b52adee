/** Finds out the kind of an object, in whatever realm it was made. */
import { inspect, types } from 'node:util';

/** True for null and for the `Object.prototype` of this or another realm: the object is then plain. */
export function isPlainPrototype(prototype: unknown): boolean {
  return prototype === Object.prototype || prototype === null || isForeignRoot(prototype as object);
}

function isForeignRoot(prototype: object): boolean {
  if (types.isProxy(prototype) || Object.getPrototypeOf(prototype) !== null) return false;
  const own: unknown = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof own !== 'function' || types.isProxy(own)) return false;
  const isBuiltIn = Function.prototype.toString.call(own) === Function.prototype.toString.call(Object);
  return isBuiltIn && own.prototype === prototype;
}

/** True if an object's prototype is that of a built-in class itself, without a class between them. */
export function isDirect(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && isPlainPrototype(Object.getPrototypeOf(prototype));
}

/** The bytes of a buffer, a view or another binary object; undefined for every other object. */
export function bytesOf(value: object): Buffer | undefined {
  let bytes: Uint8Array;
  // By the getters of the language: the object may have own properties that claim it is empty.
  if (types.isTypedArray(value)) bytes = bytesOfView(value, TYPED_ARRAY);
  else if (types.isDataView(value)) bytes = bytesOfView(value, DataView.prototype);
  else if (types.isAnyArrayBuffer(value)) bytes = new Uint8Array(value);
  else return undefined;
  return Object.setPrototypeOf(bytes, Buffer.prototype as object) as Buffer;
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

function bytesOfView(view: ArrayBufferView, owner: object): Uint8Array {
  const buffer = Reflect.get(owner, 'buffer', view) as ArrayBufferLike;
  const start = Reflect.get(owner, 'byteOffset', view) as number;
  return new Uint8Array(buffer, start, Reflect.get(owner, 'byteLength', view) as number);
}

/** Up to this many elements, listing them is quicker. */
const FEW = 64;

/** The names of an object's own properties, without the elements of a typed array and the characters of a string. */
export function ownKeysOf(value: object): readonly PropertyKey[] {
  const isText = types.isStringObject(value);
  if (!isText && !types.isTypedArray(value)) return Reflect.ownKeys(value);
  const length = isText
    ? String.prototype.valueOf.call(value).length
    : (Reflect.get(TYPED_ARRAY, 'length', value) as number);
  if (length > FEW && !hasFurtherKeys(value)) return [];
  return Reflect.ownKeys(value).filter((key) => typeof key === 'symbol' || !isBelow(key, length));
}

function isBelow(key: string, length: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < length;
}

/**
 * Tells whether there are keys besides the elements. The language can only list all keys, which takes a second for a
 * megabyte.
 */
function hasFurtherKeys(value: object): boolean {
  const bare: object = types.isStringObject(value)
    ? (Object(String.prototype.valueOf.call(value)) as object)
    : sameView(value);
  Object.setPrototypeOf(bare, Object.getPrototypeOf(value) as object | null);
  return keysShownOf(value) !== keysShownOf(bare);
}

function sameView(value: object): object {
  const name = Reflect.get(TYPED_ARRAY, Symbol.toStringTag, value) as string;
  const create = Reflect.get(globalThis, name) as Uint8ArrayConstructor;
  const [buffer, start, length] = ['buffer', 'byteOffset', 'length'].map(
    (key) => Reflect.get(TYPED_ARRAY, key, value) as unknown,
  );
  return new create(buffer as ArrayBuffer, start as number, length as number);
}

function keysShownOf(value: object): string {
  return inspect(value, {
    customInspect: false,
    showHidden: true,
    depth: 0,
    maxArrayLength: 0,
    maxStringLength: 0,
  });
}

/** True for binary objects and for boxed strings, numbers and the like: their value is not in a property. */
export function isBoxed(value: object): boolean {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isBoxedPrimitive(value);
}

/** The prototypes of an object that the app defines, up to the first built-in prototype of the language or of Node. */
export function* appPrototypesOf(value: object): Generator<object> {
  let owner = Object.getPrototypeOf(value) as object | null;
  while (owner !== null && !isBuiltInPrototype(owner)) {
    yield owner;
    owner = Object.getPrototypeOf(owner) as object | null;
  }
}

function isBuiltInPrototype(prototype: object): boolean {
  if (prototype === Buffer.prototype) return true;
  const made: unknown = Reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof made === 'function' && Function.prototype.toString.call(made).endsWith('{ [native code] }');
}

/** True for an object whose content cannot be inspected, or only by using it up. */
export function isOpaque(value: object): boolean {
  return (
    types.isProxy(value) ||
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    value instanceof WeakRef ||
    types.isGeneratorObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isExternal(value) ||
    types.isModuleNamespaceObject(value)
  );
}
