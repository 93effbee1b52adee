/**
 * A moment in ISO 8601 with its time zone; any other text is returned unchanged, and later refused as an invalid date.
 */
export function toDate(text: string): Date | string {
  const match = /^((?:\d{4}|\+\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  const moment = new Date(text);
  if (match?.[1] === undefined || Number.isNaN(moment.getTime())) return text;
  // The 31st of June would become the 1st of July.
  const local = new Date(`${match[1]}Z`);
  return !Number.isNaN(local.getTime()) && local.toISOString().startsWith(match[1]) ? moment : text;
}
