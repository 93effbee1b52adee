/** The first `max` items in one line, with the number of further items. */
export function listed(items: readonly string[], max: number): string {
  const rest = items.length - max;
  const shown = items.slice(0, max).join('; ');
  return rest > 0 ? `${shown}; and ${String(rest)} more` : shown;
}
