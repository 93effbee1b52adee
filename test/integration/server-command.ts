/** The command line of a server that ends with the tests, also where these are killed. */
export function serverCommand(
  program: string,
  args: readonly string[],
  {
    user,
    group = user,
    signal = 'KILL',
  }: { readonly user?: string; readonly group?: string; readonly signal?: 'KILL' | 'QUIT' } = {},
): [command: string, args: string[]] {
  // Only Linux tells a process of its parent's death. setpriv becomes the program: its process is the server's own.
  if (process.platform !== 'linux') return [program, [...args]];
  const as = user === undefined ? [] : [`--reuid=${user}`, `--regid=${group ?? user}`, '--clear-groups'];
  return ['setpriv', [...as, `--pdeathsig=${signal}`, program, ...args]];
}
