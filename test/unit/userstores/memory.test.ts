import { expect } from 'chai';
import type { User } from '../../../src/core/user';
import { ConfigurationError } from '../../../src/errors';
import { MemoryUserstore, type MemoryUserstoreOptions } from '../../../src/userstores/memory';
import { describeUserstore } from '../../contract/describe-userstore';

describeUserstore('MemoryUserstore of arrays', (users, groups) => ({
  store: new MemoryUserstore({ users, groups }),
}));

describeUserstore('MemoryUserstore of objects', (users, groups) => ({
  store: new MemoryUserstore({
    users: Object.fromEntries(users.map(({ username, ...rest }) => [username, rest])),
    groups: Object.fromEntries(groups.map(({ name, ...rest }) => [name, rest])),
  }),
}));

describe('MemoryUserstore', () => {
  const refusal = (options: unknown): string => {
    try {
      new MemoryUserstore(options as MemoryUserstoreOptions);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigurationError);
      return (error as Error).message;
    }
    throw new Error('It was not refused');
  };

  it('takes names that objects have anyway', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const store = new MemoryUserstore({ users: names.map((username) => ({ username, roles: [username] })) });
    for (const name of names) expect(store.getUser(name)?.roles).to.deep.equal([name]);
    const keyed = new MemoryUserstore({ users: { ['__proto__']: { email: 'p@example.com' } } });
    expect(keyed.getUser('__proto__')?.email).to.equal('p@example.com');
  });

  it('refuses a name twice and names both records', () => {
    const text = refusal({ users: [{ username: 'a' }, { username: 'b' }, { username: 'a' }] });
    expect(text).to.include('users[2]').and.include('users[0]');
    expect(refusal({ users: [], groups: [{ name: 'g' }, { name: 'g' }] })).to.include('groups[1]');
  });

  it('names both records where one object is given twice, by its key where records are keyed', () => {
    const same = { username: 'a' };
    const text = refusal({ users: [{ username: 'b' }, same, same] });
    expect(text).to.equal('MemoryUserstore: users[2] ("a") has the same name as users[1] ("a")');
    expect(refusal({ users: { a: { groups: ['g'] }, b: {} }, groups: { g: { groups: ['h'] } } })).to.equal(
      'MemoryUserstore: groups["g"] refers to an unknown group',
    );
    expect(refusal({ users: { 'a\nb': {} } })).to.match(/^MemoryUserstore: users\["a\\\\u000ab"\]: username/);
  });

  it('gives each of many users its own record, and every role once', () => {
    const count = 20_000;
    const users = Array.from({ length: count }, (_, index) => ({
      username: `user${String(index)}`,
      password: `hash${String(index)}`,
      roles: [`role${String(index % 3)}`],
      ...(index % 2 === 0 ? { email: `user${String(index)}@example.org` } : {}),
    }));
    const store = new MemoryUserstore({ users });
    for (const user of users) {
      const found = store.getUser(user.username);
      if (found?.password !== user.password || !Object.isFrozen(found) || !Object.isFrozen(found.roles)) {
        expect.fail(`${user.username} has another record`);
      }
    }
    expect([...store.listRoles()]).to.deep.equal(['role0', 'role1', 'role2']);
    expect(store.getUser(`user${String(count)}`)).to.equal(null);
  });

  it('refuses an unknown group, of a user and of a group', () => {
    expect(refusal({ users: [{ username: 'a', groups: ['staff'] }] })).to.include('users[0] ("a")');
    expect(refusal({ users: [], groups: { staff: { groups: ['all'] } } })).to.include('groups["staff"]');
  });

  it('refuses a record that does not hold, by name and without its values', () => {
    const faults: Record<string, unknown>[] = [
      { active: 'yes' },
      { active: null },
      { roles: 'admin' },
      { roles: [''] },
      { roles: [1] },
      { groups: {} },
      { email: 7 },
      { password: '' },
      { password: 12 },
      { tokensValidFrom: '2026-01-01T00:00:00Z' },
      { tokensValidFrom: new Date(Number.NaN) },
    ];
    for (const fault of faults) {
      const [field] = Object.keys(fault);
      const text = refusal({ users: { carol: { password: '$2b$10$secret', ...fault } } });
      expect(text, field).to.include('users["carol"]').and.include(field).and.not.include('$2b$');
    }
  });

  it('refuses names that are empty, no string, or hold control characters', () => {
    for (const username of ['', 7, null, undefined, 'a\nb', 'a\0b', '\ud800']) {
      expect(refusal({ users: [{ username }] }))
        .to.include('username')
        .and.not.include('\0');
    }
  });

  it('refuses a value that is not a list of records', () => {
    for (const users of [undefined, null, 'alice', 7, new Map([['alice', {}]]), new Set()]) {
      expect(refusal({ users })).to.include('users must be an array');
    }
    for (const record of [null, 'alice', [], new (class Person {})()]) refusal({ users: [record] });
    expect(refusal(undefined)).to.include('users must be an array');
    expect(refusal({ users: { alice: { username: 'bob' } } })).to.include('another username');
  });

  it('refuses values that cannot be kept from changing', () => {
    expect(refusal({ users: [{ username: 'a', tags: new Set(['x']) }] })).to.include('plain values');
    expect(refusal({ users: [{ username: 'a', run: () => 1 }] })).to.include('plain values');
  });

  it('copies its records, so that the app may change its own', () => {
    const mine = { username: 'a', roles: ['reader'], tokensValidFrom: new Date(5) };
    const store = new MemoryUserstore({ users: [mine] });
    mine.roles.push('admin');
    mine.tokensValidFrom.setTime(0);
    expect(store.getUser('a')?.roles).to.deep.equal(['reader']);
    expect(store.getUser('a')?.tokensValidFrom.getTime()).to.equal(5);
  });

  it("keeps an app's own fields, frozen too", () => {
    interface Person extends User {
      address: { city: string };
    }
    const store = new MemoryUserstore<Person>({ users: { a: { address: { city: 'Bern' } } } });
    const address = store.getUser('a')?.address;
    expect(address).to.deep.equal({ city: 'Bern' });
    expect(Object.isFrozen(address)).to.equal(true);
  });
});
