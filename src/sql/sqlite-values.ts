const INT64 = 2 ** 63;

/** Parameters for the driver, by their number. @throws RangeError or TypeError for a value that it would change */
export function numbered(params: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(params.map((value, index) => [String(index + 1), bindable(value)]));
}

function bindable(value: unknown): unknown {
  if (typeof value === 'string') return bindableText(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  // The driver binds each number as a real: 7 would be stored in a column of text as 7.0.
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < INT64 ? BigInt(value) : value;
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError('An integer of SQLite has 64 bits');
    return value;
  }
  if (value instanceof Date) return value.toISOString();
  if (value === null || value === undefined || value instanceof Uint8Array) return value;
  throw new TypeError(
    `SQLite has no type for a parameter that is ${Array.isArray(value) ? 'a list' : typeof value}`,
  );
}

/** The driver cuts a text at its first NUL and replaces a lone surrogate, so another name would be looked up. */
function bindableText(value: string): string {
  if (value.includes('\0')) throw new RangeError('A string for SQLite must not have a NUL');
  if (/\p{Surrogate}/u.test(value))
    throw new RangeError('A string for SQLite must not have a lone surrogate');
  return value;
}
