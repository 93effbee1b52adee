import { codeOf } from './redis-refusal';

/** As much of an ioredis client as tells what its servers do when their memory is full. */
interface Informed {
  readonly status?: unknown;
  info?(section: string): Promise<unknown>;
  nodes?(role: 'master'): readonly Informed[];
}

/** With any other `maxmemory-policy` a full Redis drops what it was given to keep. */
export const HARMLESS = 'noeviction';

/**
 * The policy of the servers, of one that drops entries where there is one; null where they do not tell, since the user
 * of the client may not ask. Undefined where it is not known yet: the client is not connected.
 */
export async function evictionPolicy(client: object): Promise<string | null | undefined> {
  const answers = await Promise.all(serversOf(client).map(async (server) => policyOf(server)));
  const told = answers.filter((policy) => typeof policy === 'string');
  return told.find((policy) => policy !== HARMLESS) ?? told[0] ?? answers[0];
}

function serversOf(client: Informed): readonly Informed[] {
  // A client that connects when it is used first is not connected for this.
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
