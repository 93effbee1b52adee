/** A fault of a file and its line. It never contains any of the file's content. */
export class FileFault extends Error {
  override readonly name = 'FileFault';

  constructor(
    problem: string,
    readonly line?: number,
  ) {
    super(problem);
  }
}

/** Describes the fault of a file in one line, safe for logs whatever was thrown. */
export function describeFault(path: string, thrown: unknown): string {
  if (!(thrown instanceof FileFault)) return `${path} cannot be read: its reader failed`;
  return `${path}${thrown.line === undefined ? '' : `:${String(thrown.line)}`} ${thrown.message}`;
}

/** The code of a system error, such as ENOENT. */
export function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown';
}
