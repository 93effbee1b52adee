/**
 * The reasons for which libkrb5 refuses tickets. It states them only as English text; an unknown text counts as the
 * client's fault.
 */
export interface TicketFault {
  readonly kind: string;
  /** The cure, for the log. */
  readonly cure: string;
}

/** Faults of the replay cache, in which libkrb5 records the tickets that it has seen. */
const REPLAY_CACHE = /replay cache|\(filename: /i;

const KNOWN: readonly (TicketFault & { readonly says: RegExp })[] = [
  {
    kind: 'clock skew',
    says: /clock skew too great|ticket not yet valid/i,
    cure: 'the clocks of the client, the KDC and this machine differ by more than libkrb5 allows (5 minutes): set them by NTP',
  },
  {
    kind: 'key version',
    says: /keytab is likely out of date|key version .* (?:incorrect|not available)/i,
    cure: 'the KDC has a newer key for the service than the keytab: write the keytab anew',
  },
  {
    kind: 'service',
    says: /does not match server principal|not found in keytab|wrong principal in request/i,
    cure: 'a client asked for a ticket of another service: the host in its URL must be the one in `service`, and the keytab must have its key',
  },
  {
    kind: 'encryption type',
    says: /encryption type|enctype .* not (?:found|permitted|supported)/i,
    cure: 'the ticket is encrypted in a way that the keytab has no key for, or that libkrb5 forbids: write the keytab anew with the types that the KDC uses (aes256-cts)',
  },
  {
    kind: 'key',
    says: /cannot decrypt ticket/i,
    cure: 'a ticket was damaged, or the key in the keytab is not the one at the KDC: if it goes on, write the keytab anew',
  },
];

export const NTLM: TicketFault = {
  kind: 'ntlm',
  cure: 'a client sent NTLM in place of a Kerberos ticket: it has no ticket, or does not trust this host with one',
};

/** Valid tickets of principals that the set-up maps to no user. */
export const REFUSED_PRINCIPALS = {
  realmCase: {
    kind: 'realm case',
    cure: 'a ticket was refused whose realm is in `realms` with other capitals: write it as the KDC does, as a rule all in capitals, or set `ignoreRealmCase: true` for Active Directory',
  },
  realm: {
    kind: 'realm',
    cure: 'a ticket of a realm that is not in `realms` was refused: list the realm if its users may log in',
  },
  name: {
    kind: 'name',
    cure: 'a ticket was refused because `username` returned no username; without that option a principal of several components has no username',
  },
  userCase: {
    kind: 'user case',
    cure: 'the ticket has the user name with other capitals than the userstore, as it was typed: set `canonicalize = true` in the krb5.conf of the clients, or have `username` return it in lower case',
  },
  user: {
    kind: 'user',
    cure: 'a ticket was refused whose user the userstore does not have; names are compared exactly, and `username` says which user a principal is',
  },
} satisfies Readonly<Record<string, TicketFault>>;

/** True if the server itself is at fault. */
export function isServerFault(text: string): boolean {
  return REPLAY_CACHE.test(text) && !/request is a replay/i.test(text);
}

/** The fault that libkrb5's message names, with its cure; undefined for an unknown message. */
export function ticketFault(text: string): TicketFault | undefined {
  return KNOWN.find(({ says }) => says.test(text));
}

const HOUR_MS = 3_600_000;

/** Reports each kind of fault once an hour, so that a client with broken tickets cannot fill the log. */
export class FaultReports {
  readonly #saidAt = new Map<string, number>();

  isDue({ kind }: TicketFault, now: number): boolean {
    const last = this.#saidAt.get(kind);
    if (last !== undefined && now >= last && now - last < HOUR_MS) return false;
    this.#saidAt.set(kind, now);
    return true;
  }
}
