import { expect } from 'chai';
import { rolesOf } from '../../../src/authorization/roles';
import type { Group, User } from '../../../src/core/user';
import { SecurityFaultError, ServiceUnavailableError } from '../../../src/errors';

type GetGroup = (name: string) => Group | null | undefined | Promise<Group | null>;

async function load(user: User, getGroup: GetGroup = () => null): Promise<ReadonlySet<string>> {
  return rolesOf(user, async (name) => (await getGroup(name)) ?? null);
}

function groups(...all: Group[]): GetGroup {
  return (name) => all.find((group) => group.name === name);
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('was resolved'),
    (error: unknown) => error,
  );
}

describe('rolesOf', () => {
  it("adds a user's own roles, its groups' and their parents'", async () => {
    const getGroup = groups(
      { name: 'staff', roles: ['reader'], groups: ['everyone'] },
      { name: 'everyone', roles: ['guest'], groups: null },
    );
    const roles = await load({ username: 'ann', roles: ['editor'], groups: ['staff'] }, getGroup);
    expect([...roles]).to.have.members(['editor', 'reader', 'guest']);
  });

  it('is empty for a user without roles and groups', async () => {
    for (const empty of [null, undefined, []]) {
      expect([...(await load({ username: 'ann', roles: empty, groups: empty }))]).to.deep.equal([]);
    }
  });

  it('takes neither a group of the same name nor a group name as a role', async () => {
    const getGroup = groups({ name: 'ann', roles: ['admin'] });
    const roles = await load({ username: 'ann', groups: ['unknown'] }, getGroup);
    expect([...roles]).to.deep.equal([]);
  });

  it('ignores groups of a store that has none', async () => {
    expect([...(await load({ username: 'ann', roles: ['a'], groups: ['g'] }))]).to.deep.equal(['a']);
  });

  it('loads each group once, so that cycles and diamonds end', async () => {
    const asked: string[] = [];
    const all = groups(
      { name: 'a', groups: ['b', 'c', 'a'] },
      { name: 'b', groups: ['d'] },
      { name: 'c', groups: ['d'] },
      { name: 'd', roles: ['end'], groups: ['a'] },
    );
    const roles = await load({ username: 'ann', groups: ['a', 'a'] }, (name) => {
      asked.push(name);
      return all(name);
    });
    expect([...roles]).to.deep.equal(['end']);
    expect(asked).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('gives up on groups without end', async () => {
    let asked = 0;
    const endless: GetGroup = (name) => {
      asked += 1;
      return { name, groups: Array.from({ length: 100 }, (_, i) => `${name}.${i}`) };
    };
    expect(await thrownBy(load({ username: 'ann', groups: ['g'] }, endless))).to.be.instanceOf(RangeError);
    expect(asked).to.be.below(10_000);
  });

  const failures: [string, GetGroup][] = [
    ['throws', () => { throw new TypeError('canary'); }],
    ['rejects', () => Promise.reject(new Error('canary'))],
    ['rejects with undefined', () => Promise.reject(undefined)],
  ]; // prettier-ignore
  for (const [what, getGroup] of failures) {
    it(`is 503 when the store ${what}: a dropped role could be the one that is looked for`, async () => {
      const user = { username: 'ann', roles: ['admin'], groups: ['g', 'h'] };
      expect(await thrownBy(load(user, getGroup))).to.be.instanceOf(ServiceUnavailableError);
    });
  }

  it('is 500 for a value that is not a valid group', async () => {
    for (const group of [{}, [], 'g', true, { name: 'g', roles: 'admin' }, { name: '' }]) {
      const thrown = await thrownBy(load({ username: 'ann', groups: ['g'] }, () => group as never));
      expect(thrown).to.be.instanceOf(SecurityFaultError);
    }
  });
});
