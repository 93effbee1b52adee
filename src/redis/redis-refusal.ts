/** The cause or remedy of a refusal of Redis, by the code at its start. */
const CURES: Readonly<Record<string, string>> = {
  READONLY: 'it is a read-only replica: connect to the master',
  NOAUTH: 'it wants a password: give the client one',
  WRONGPASS: 'it refuses the user or the password of the client',
  NOPERM: 'its ACL does not let the user of the client do this',
  OOM: 'its memory is full: raise maxmemory',
  MISCONF: 'it cannot save to its disk, and takes no writes until it can',
  NOREPLICAS: 'it has too few replicas to take writes',
  BUSY: 'a script of another program keeps it busy',
  LOADING: 'it is loading its data',
  MASTERDOWN: 'it has lost its master',
  CLUSTERDOWN: 'its cluster is down',
  MOVED: 'it is part of a cluster: give a client of the cluster',
  NOSCRIPT: 'it does not keep scripts',
};

/** Redis' own refusal, with its cause or remedy if known; undefined if the error is not an answer of Redis. */
export function refusalOf(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const cure = CURES[code];
  return `Redis refuses with ${code}${cure === undefined ? '' : `, since ${cure}`}`;
}

/**
 * The code of an error reply. The rest of the reply is not reported, since it may contain names and values. For a
 * refused transaction the code is of its first previous error, which is the reason.
 */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  const { previousErrors } = error as { previousErrors?: unknown };
  const first: unknown = Array.isArray(previousErrors) ? previousErrors.at(0) : undefined;
  const [code] = /^[A-Z]{2,20}(?= |$)/.exec(error.message) ?? [];
  return (first === undefined ? undefined : codeOf(first)) ?? code;
}
