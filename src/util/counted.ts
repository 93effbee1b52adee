/** A number and what is counted, in a form for it: `1 route`, `2 routes`. */
export function counted(count: number, one: string): string {
  return `${String(count)} ${one}${count === 1 ? '' : 's'}`;
}
