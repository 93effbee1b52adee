/** An entry of the stream: its field is the format version, its value `[until, id]` or `[until, id, before]`. */
import { isRevocation } from '../state/limits';
import type { Revocation } from '../state/revocation-log';

const VERSION = '1';
/** The field of an entry without a revocation, written when the log began or has been idle for long. */
const MARK = 'm';

export function writeEntry({ id, until, before }: Revocation): string {
  return JSON.stringify(before === undefined ? [until, id] : [until, id, before]);
}

/** Null for a mark; undefined for an entry of a later version or of another program. */
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
  const entry = parts.length === 2 ? { id, until } : { id, until, before };
  return isRevocation(entry) ? entry : undefined;
}
