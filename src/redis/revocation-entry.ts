/** An entry of the stream: the field is the version of the form, its value `[until, id]` or `[until, id, before]`. */
import type { Revocation } from '../state/revocation-log';

const VERSION = '1';
/** An entry that says nothing: the log began, or has been idle for long. */
const MARK = 'm';
const MAX_NAME = 2048;

/** @throws TypeError for what is not a revocation, which is a mistake in the code of the caller */
export function writeEntry(revocation: Revocation): string {
  const { id, until, before } = revocation;
  const parts: unknown[] = before === undefined ? [until, id] : [until, id, before];
  if (revocationOf(parts) === undefined) throw new TypeError('RedisRevocationLog: not a revocation');
  return JSON.stringify(parts);
}

/** Null for a mark; undefined for what a later version, or another program, wrote. */
export function readEntry(fields: unknown): Revocation | null | undefined {
  if (!Array.isArray(fields) || fields.length !== 2) return undefined;
  const [version, text] = fields as readonly unknown[];
  if (version === MARK) return null;
  if (version !== VERSION || typeof text !== 'string') return undefined;
  try {
    return revocationOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function revocationOf(parts: unknown): Revocation | undefined {
  if (!Array.isArray(parts) || parts.length < 2 || parts.length > 3) return undefined;
  const [until, id, before] = parts as readonly unknown[];
  if (!isTime(until) || typeof id !== 'string') return undefined;
  if (parts.length === 2) return /^[0-9a-fA-F]{16}$/.test(id) ? { id, until } : undefined;
  return isTime(before) && id.includes(':') && id.length <= MAX_NAME ? { id, until, before } : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
