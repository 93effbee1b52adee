/** What kind of object a value is, whatever realm it was made in. */
import { types } from 'node:util';

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

/** True when nothing stands between an object and the built-in class that its prototype is of. */
export function isDirect(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && isPlainPrototype(Object.getPrototypeOf(prototype));
}

/** The bytes that a buffer, a view or another binary object shows; undefined for every other object. */
export function bytesOf(value: object): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
}

/** True for what has an inside that cannot be looked at, or not without using it up. */
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
