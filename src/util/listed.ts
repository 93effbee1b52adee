/** The items in one line, the first `max` of them with how many more there are. */
export function listed(items: readonly string[], max: number): string {
  const rest = items.length - max;
  const shown = items.slice(0, max).join('; ');
  return rest > 0 ? `${shown}; and ${String(rest)} more` : shown;
}
