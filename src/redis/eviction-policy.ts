import { codeOf } from './redis-refusal';

/** The part of an ioredis client that is needed to ask for the eviction policy of its servers. */
interface Informed {
  readonly status?: unknown;
  info?(section: string): Promise<unknown>;
  nodes?(role: 'master'): readonly Informed[];
}

/** With any other `maxmemory-policy` a full Redis drops entries. */
export const HARMLESS = 'noeviction';

/**
 * The policy of the servers; if any server drops entries, its policy. Null if the servers do not report it, since the
 * client's user has no permission to ask. Undefined if it is not known yet, because the client is not connected.
 */
export async function evictionPolicy(client: object): Promise<string | null | undefined> {
  const answers = await Promise.all(serversOf(client).map(async (server) => policyOf(server)));
  const told = answers.filter((policy) => typeof policy === 'string');
  return told.find((policy) => policy !== HARMLESS) ?? told[0] ?? answers[0];
}

function serversOf(client: Informed): readonly Informed[] {
  // A client with a lazy connection is not connected only for this.
  if (client.status === 'wait') return [];
  return typeof client.nodes === 'function' ? client.nodes('master') : [client];
}

async function policyOf(server: Informed): Promise<string | null | undefined> {
  if (typeof server.info !== 'function') return null;
  try {
    const told = await server.info('memory');
    const [, policy] = /^maxmemory_policy:([a-z-]{1,30})\r?$/m.exec(String(told)) ?? [];
    return policy ?? null;
  } catch (error) {
    return codeOf(error) === undefined ? undefined : null;
  }
}
