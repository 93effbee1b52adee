import type { RedisClient } from './redis-client';

/** A Lua script, and the name of its command in the client. */
export interface Script {
  readonly name: string;
  readonly keys: number;
  readonly lua: string;
}

export type RunScript = (...values: readonly string[]) => Promise<unknown>;

/**
 * The script as a function of its keys and arguments. A script always runs on the master, even if a cluster client
 * reads from replicas, and its keys get the client's `keyPrefix`.
 */
export function scriptOf(client: RedisClient, { name, keys, lua }: Script): RunScript {
  client.defineCommand(name, { numberOfKeys: keys, lua });
  const commands = client as unknown as Record<string, RunScript>;
  return async (...values) => commands[name]?.(...values);
}
