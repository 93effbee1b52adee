import { Activity } from '../../../src/authentication/activity';
import { expect } from 'chai';
import { ProviderUserstore, UserstoreChain } from '../../../src/authentication/userstore-chain';
import type { User } from '../../../src/core/user';
import { type UserstoreInterface, userstoreOf } from '../../../src/core/userstore';
import { ServiceUnavailableError } from '../../../src/errors';
import { storesInOrder } from './fakes';

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

async function thrownBy(work: unknown): Promise<unknown> {
  return Promise.resolve(work).then(
    () => expect.fail('was resolved'),
    (error: unknown) => error,
  );
}

describe('UserstoreChain', () => {
  it('asks in order, and the first that has the user answers', async () => {
    const stores = [store('ann', 'first'), store('bob', 'second'), store('ann', 'third')];
    const chain = storesInOrder(stores);
    for (const [name, at] of [
      ['ann', 0],
      ['bob', 1],
    ] as const) {
      const origin = await chain.find(name);
      expect(origin?.store).to.equal(stores[at]);
      expect(origin?.user).to.equal(await stores[at]?.getUser(name));
    }
    expect(await chain.find('eve')).to.equal(null);
  });

  it('finds nobody under another name whose own name an earlier store has', async () => {
    const aliases: UserstoreInterface = {
      getUser: (name) => (['annie', 'bobby'].includes(name) ? { username: name.slice(0, 3) } : null),
    };
    const chain = storesInOrder([store('ann'), aliases]);
    expect((await chain.find('bobby'))?.user).to.include({ username: 'bob' });
    expect(await chain.find('annie')).to.equal(null);
    expect((await storesInOrder([aliases, store('ann')]).find('annie'))?.user).to.include({
      username: 'ann',
    });
    const isDown = { getUser: (name: string) => (name === 'ann' ? down.getUser(name) : null) };
    expect(await thrownBy(storesInOrder([isDown, aliases]).find('annie'))).to.have.property('httpCode', 503);
  });

  it('goes on after undefined as after null', async () => {
    const chain = storesInOrder([{ getUser: () => undefined }, store('ann')]);
    expect((await chain.find('ann'))?.user).to.include({ username: 'ann' });
  });

  it('never falls through to a weaker store when one is down', async () => {
    const chain = storesInOrder([down, store('ann')]);
    expect(await thrownBy(chain.find('ann'))).to.be.instanceOf(ServiceUnavailableError);
  });

  it('throws where there is no store', async () => {
    expect(await thrownBy(storesInOrder([]).find('ann'))).to.be.instanceOf(Error);
  });

  it('looks groups up in the store that the user came from, and only there, naming the user', async () => {
    const asked: unknown[] = [];
    const spying = {
      ...store('eve'),
      getGroup: (name: string, user?: User) => void asked.push([name, user]),
    };
    const chain = storesInOrder([store('ann'), store('bob', 'second'), spying]);
    const [ann, bob, eve] = await Promise.all(['ann', 'bob', 'eve'].map(async (name) => chain.find(name)));
    expect(await chain.findGroup('g', ann!)).to.equal(null);
    expect(await chain.findGroup('g', bob!)).to.deep.equal({ name: 'g', roles: ['second'] });
    expect(await chain.findGroup('g', eve!)).to.equal(null);
    expect(asked).to.deep.equal([['g', eve?.user]]);
    expect(await chain.findGroup('g', undefined)).to.deep.include({ roles: ['second'] });
  });

  it('fails when a store that is asked for a group fails', async () => {
    const chain = storesInOrder([down, store('bob', 'second')]);
    expect(await thrownBy(chain.findGroup('g', undefined))).to.be.instanceOf(ServiceUnavailableError);
  });

  it('resolves its stores anew each time', async () => {
    let now = store('ann');
    const chain = new UserstoreChain(() => [{ name: 'Users', get: () => now }], new Activity());
    expect(await chain.find('bob')).to.equal(null);
    now = store('bob');
    expect((await chain.find('bob'))?.user).to.include({ username: 'bob' });
  });
});

describe('ProviderUserstore', () => {
  it('names users with their store where there are several, others with who brought them', async () => {
    const several = new ProviderUserstore(storesInOrder([store('ann'), store('bob')]));
    for (const name of ['ann', 'bob', 'eve']) await several.getUser(name);
    const labels = ['ann', 'bob', 'eve', '1:ann'].map((name) => several.label(name, 'P'));
    expect(labels).to.deep.equal(['0:ann', '1:bob', 'P:eve', 'P:1:ann']);
    const one = new ProviderUserstore(storesInOrder([store('ann')]));
    await one.getUser('ann');
    expect([one.label('ann', 'P'), one.label('eve', 'P')]).to.deep.equal(['ann', 'eve']);
  });

  it('names the store of a user where there are several', async () => {
    const several = new ProviderUserstore(storesInOrder([store('ann'), store('bob')]));
    const bob = (await several.getUser('bob'))!;
    const homes = [bob, { ...bob }, { username: 'ann' }].map((user) => userstoreOf(several, user));
    for (const home of homes.slice(0, 2)) expect(home).to.include({ name: '1', isOneOfSeveral: true });
    expect(homes[2]).to.equal(undefined);
    const own = store('bob');
    const one = new ProviderUserstore(storesInOrder([own]));
    const origin = userstoreOf(one, (await one.getUser('bob'))!);
    expect(origin).to.deep.equal({ store: own, name: '0', isOneOfSeveral: false, isActive: true });
    // A store that a test hands to a provider by itself knows of no others.
    expect(userstoreOf(own, bob)).to.equal(undefined);
  });

  it('keeps the stamp of a user as it was when the user was first loaded', async () => {
    const ann: User = { username: 'ann', tokensValidFrom: new Date(1) };
    const userstore = new ProviderUserstore(storesInOrder([{ getUser: () => ann }]));
    await userstore.getUser('ann');
    ann.tokensValidFrom = new Date(2);
    await userstore.getUser('ann');
    const stamps = [ann, { ...ann }].map((user) => userstore.stampOf(user, userstore.originOf(user)));
    expect(stamps).to.deep.equal([1, 1]);
    expect(userstore.stampOf({ username: 'eve', tokensValidFrom: new Date(3) }, undefined)).to.equal(3);
  });

  it('passes on a value that is not a user for the chain to refuse', async () => {
    for (const leftover of [false, '', 0, 'ann', {}]) {
      const chain = storesInOrder([{ getUser: () => leftover as never }, store('ann')]);
      const userstore = new ProviderUserstore(chain);
      expect(await userstore.getUser('ann')).to.equal(leftover);
      expect(userstore.originOf({ username: 'ann' })).to.equal(undefined);
    }
  });

  it('knows the store of a user, of a copy by its name, and of no other object', async () => {
    const stores = [store('ann', 'first'), store('bob', 'second')];
    const userstore = new ProviderUserstore(storesInOrder(stores));
    const [ann, bob] = [await userstore.getUser('ann'), await userstore.getUser('bob')];
    expect(userstore.originOf(ann!)?.store).to.equal(stores[0]);
    expect(userstore.originOf({ ...bob!, roles: ['more'] })?.store).to.equal(stores[1]);
    expect(userstore.originOf({ username: 'eve' })).to.equal(undefined);
    expect(new ProviderUserstore(storesInOrder(stores)).originOf(ann!)).to.equal(undefined);
  });
});
