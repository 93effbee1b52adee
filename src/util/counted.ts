/** A number with its noun in the right form: `1 route`, `2 routes`. */
export function counted(count: number, one: string): string {
  return `${String(count)} ${one}${count === 1 ? '' : 's'}`;
}
