import { types } from 'node:util';

const MAX_NAMES = 3;
const MAX_ITEMS = 1000;

/** The type of a value, in words for an error: never the value itself. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) {
    const names = [...new Set((value as unknown[]).slice(0, MAX_ITEMS).map(nameOfItem))].slice(0, MAX_NAMES);
    return names.length === 0 ? 'an empty list' : `a list with ${names.join(' and ')}`;
  }
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'a Date without a time' : 'a Date';
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return 'bytes';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (types.isPromise(value)) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Not recursive: a list may contain itself. */
function nameOfItem(item: unknown): string {
  return Array.isArray(item) ? 'a list' : typeNameOf(item);
}
