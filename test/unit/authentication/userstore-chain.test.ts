import { expect } from 'chai';
import { UserstoreChain } from '../../../src/authentication/userstore-chain';
import type { UserstoreInterface } from '../../../src/core/userstore';
import { ServiceUnavailableError } from '../../../src/errors';

const down: UserstoreInterface = {
  getUser: () => Promise.reject(new ServiceUnavailableError()),
  getGroup: () => Promise.reject(new ServiceUnavailableError()),
};

function store(username: string, role?: string): UserstoreInterface {
  const user = { username, roles: [] };
  return {
    getUser: async (name) => (name === username ? user : null),
    ...(role === undefined ? {} : { getGroup: (name) => ({ name, roles: [role] }) }),
  };
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('was resolved'),
    (error: unknown) => error,
  );
}

describe('UserstoreChain', () => {
  it('asks in order, and the first that has the user answers', async () => {
    const stores = [store('ann', 'first'), store('bob', 'second'), store('ann', 'third')];
    const chain = new UserstoreChain(() => stores);
    expect(await chain.getUser('ann')).to.equal(await stores[0]?.getUser('ann'));
    expect(await chain.getUser('bob')).to.equal(await stores[1]?.getUser('bob'));
    expect(await chain.getUser('eve')).to.equal(null);
  });

  it('goes on after undefined as after null', async () => {
    const chain = new UserstoreChain(() => [{ getUser: () => undefined }, store('ann')]);
    expect(await chain.getUser('ann')).to.include({ username: 'ann' });
  });

  it('K8: never falls through to a weaker store when one is down', async () => {
    const chain = new UserstoreChain(() => [down, store('ann')]);
    expect(await thrownBy(chain.getUser('ann'))).to.be.instanceOf(ServiceUnavailableError);
  });

  it('passes on what is no user for the chain to find out', async () => {
    for (const leftover of [false, '', 0, 'ann', {}]) {
      const chain = new UserstoreChain(() => [{ getUser: () => leftover as never }, store('ann')]);
      expect(await chain.getUser('ann')).to.equal(leftover);
    }
  });

  it('throws where there is no store', async () => {
    expect(await thrownBy(new UserstoreChain(() => []).getUser('ann'))).to.be.instanceOf(Error);
  });

  it('looks groups up in the store that the user came from, and only there', async () => {
    const chain = new UserstoreChain(() => [store('ann'), store('bob', 'second'), store('eve', 'third')]);
    const [ann, eve] = [await chain.getUser('ann'), await chain.getUser('eve')];
    expect(await chain.getGroupFor(ann!, 'g')).to.equal(null);
    expect(await chain.getGroupFor(eve!, 'g')).to.deep.equal({ name: 'g', roles: ['third'] });
    expect(await chain.getGroupFor({ username: 'of-no-store' }, 'g')).to.deep.include({ roles: ['second'] });
    expect(await chain.getGroup('g')).to.deep.include({ roles: ['second'] });
  });

  it('fails when a store that is asked for a group fails', async () => {
    const chain = new UserstoreChain(() => [down, store('bob', 'second')]);
    expect(await thrownBy(chain.getGroup('g'))).to.be.instanceOf(ServiceUnavailableError);
    expect(await thrownBy(chain.getGroupFor({ username: 'x' }, 'g'))).to.be.instanceOf(
      ServiceUnavailableError,
    );
  });

  it('resolves its stores anew each time', async () => {
    let stores = [store('ann')];
    const chain = new UserstoreChain(() => stores);
    expect(await chain.getUser('bob')).to.equal(null);
    stores = [store('bob')];
    expect(await chain.getUser('bob')).to.include({ username: 'bob' });
  });
});
