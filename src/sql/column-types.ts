import type { RowOrigin } from './row-origin';
import { rowFault, TOKENS_VALID_FROM } from './rows';

/** OIDs of PostgreSQL's time types without a zone. */
const ZONELESS: Readonly<Record<number, string>> = { 1082: 'date', 1114: 'timestamp' };

/**
 * Refuses a `tokensValidFrom` column of a type without a time zone, even if no row was found: the driver reads the
 * value in the time zone of the process, so the fault would not show.
 * @param fields `fields` of the client's answer, in the form of `pg`; any other form is ignored
 * @throws Error that names the column
 */
export function refuseZoneless(fields: unknown, origin: RowOrigin): void {
  if (!Array.isArray(fields)) return;
  for (const field of fields as unknown[]) {
    const { name, dataTypeID } = (field ?? {}) as { name?: unknown; dataTypeID?: unknown };
    const type = typeof dataTypeID === 'number' ? ZONELESS[dataTypeID] : undefined;
    if (type === undefined || !TOKENS_VALID_FROM.includes(name as string)) continue;
    const problem = `is a ${type}, another moment in each time zone: make it timestamptz`;
    throw rowFault('tokensValidFrom', origin, problem);
  }
}
