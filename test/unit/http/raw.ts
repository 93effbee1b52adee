import type { IncomingMessage } from 'node:http';

export interface RawOptions {
  method?: string;
  url?: string;
  /** The mount prefix that Express took off the URL. */
  baseUrl?: string;
  peer?: string | undefined;
  encrypted?: boolean;
  /** Header lines, in the order in which they came. */
  lines?: [name: string, value: string][];
}

/** What Node hands a server for a request; joins header lines as Node does for those used here. */
export function rawRequest(options: RawOptions = {}): IncomingMessage {
  const headers: Record<string, string> = {};
  for (const [name, value] of options.lines ?? []) {
    const key = name.toLowerCase();
    if (key === 'authorization') headers[key] ??= value;
    else headers[key] = key in headers ? `${headers[key]!}, ${value}` : value;
  }
  return {
    method: options.method,
    url: options.url,
    baseUrl: options.baseUrl,
    headers,
    rawHeaders: (options.lines ?? []).flat(),
    socket: { remoteAddress: 'peer' in options ? options.peer : '127.0.0.1', encrypted: options.encrypted },
  } as unknown as IncomingMessage;
}
