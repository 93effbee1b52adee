import { Observers } from '../../../src/audit/observers';
import { Activity } from '../../../src/authentication/activity';
import { UserstoreChain } from '../../../src/authentication/userstore-chain';
import type { ChainLink, ChainOptions } from '../../../src/authentication/chain';
import { RequestState } from '../../../src/authentication/request-state';
import type { AuthProviderInterface } from '../../../src/core/auth-provider';
import type { SecurityRequest } from '../../../src/core/request';
import type { UserstoreInterface } from '../../../src/core/userstore';
import type { HttpSecurityRequest } from '../../../src/http/security-request';

/** A link of the chain that counts how often it is asked. */
export interface FakeLink extends ChainLink {
  readonly calls: () => number;
}

/** A link whose provider runs a function; a `credential` of its own unless it is told. */
export function link(
  name: string,
  authenticate: AuthProviderInterface['authenticate'],
  credential?: string | readonly string[],
): FakeLink {
  let calls = 0;
  const provider: AuthProviderInterface = {
    ...(credential === undefined ? {} : { credential }),
    authenticate: (...args) => {
      calls += 1;
      return authenticate(...args);
    },
  };
  return { name, get: () => provider, calls: () => calls };
}

/** A link whose provider throws. */
export function throwing(name: string, error: unknown, credential?: string | readonly string[]): FakeLink {
  return link(
    name,
    () => {
      throw error;
    },
    credential,
  );
}

export function chainOptions(links: readonly ChainLink[], options: Partial<ChainOptions> = {}): ChainOptions {
  return {
    links: () => links,
    userstore: storesInOrder([{ getUser: () => null }]),
    deadlineMs: 5000,
    stopAtBadCredentials: false,
    activity: new Activity(),
    clock: () => 1_000,
    onProblem: () => undefined,
    observers: new Observers(() => undefined),
    ...options,
  };
}

/** A chain of these stores, whose names are `0`, `1` and so on. */
export function storesInOrder(stores: readonly UserstoreInterface[]): UserstoreChain {
  const links = stores.map((store, index) => ({ name: String(index), get: () => store }));
  return new UserstoreChain(() => links, new Activity());
}

/** The state of a request that no server has seen. */
export function stateOf(request: SecurityRequest): RequestState {
  return new RequestState(request as HttpSecurityRequest);
}
