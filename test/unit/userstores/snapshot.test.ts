import { expect } from 'chai';
import { frozenCopy, rolesIn, SnapshotBuilder } from '../../../src/userstores/snapshot';

const copyOf = <T extends object>(source: T): T => frozenCopy(source, () => new TypeError('refused'));

describe('frozenCopy', () => {
  it('holds the same fields in the same order, however deep, and nothing that can change', () => {
    const source = {
      username: 'ann',
      empty: {},
      none: null,
      missing: undefined,
      count: 7n,
      roles: ['a', 'b'],
      mixed: [1, 'a', null, { deep: [[]] }],
      nested: { list: [{ name: 'x' }] },
    };
    const copy = copyOf(source);
    expect(copy).to.deep.equal(source);
    expect(copy).to.not.equal(source);
    expect(Object.keys(copy)).to.deep.equal(Object.keys(source));
    const seen: unknown[] = [copy];
    for (const value of seen) {
      if (typeof value !== 'object' || value === null) continue;
      expect(value).to.be.frozen;
      seen.push(...Object.values(value));
    }
    expect(seen.length).to.be.greaterThan(15);
    source.roles.push('c');
    source.nested.list.length = 0;
    expect(copy.roles).to.deep.equal(['a', 'b']);
    expect(copy.nested.list).to.deep.equal([{ name: 'x' }]);
  });

  it('keeps fields with names that objects inherit as fields of its own', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'];
    const source = JSON.parse(`{${names.map((name) => `"${name}":{"isAdmin":true}`).join(',')}}`) as Record<
      string,
      unknown
    >;
    const copy = copyOf(source);
    expect(Object.keys(copy)).to.deep.equal(names);
    expect(Object.getPrototypeOf(copy)).to.equal(Object.prototype);
    expect((copy as { isAdmin?: unknown }).isAdmin).to.equal(undefined);
    for (const name of names) {
      const { value, ...flags } = Object.getOwnPropertyDescriptor(copy, name) ?? {};
      expect(value, name).to.deep.equal({ isAdmin: true });
      expect(value, name).to.be.frozen;
      expect(flags).to.deep.equal({ writable: false, enumerable: true, configurable: false });
    }
  });

  it('takes only fields that are enumerable, its own, and no symbols', () => {
    const parent = Object.create(null) as object;
    const source = Object.defineProperties(Object.assign(parent, { seen: 1, [Symbol('key')]: 2 }), {
      hidden: { value: 3, enumerable: false },
    });
    expect(Reflect.ownKeys(copyOf(source))).to.deep.equal(['seen']);
    expect(Object.getPrototypeOf(copyOf(source))).to.equal(Object.prototype);
  });

  it('reads a getter once, and keeps what it gave', () => {
    let reads = 0;
    const source = {
      get roles() {
        reads += 1;
        return [`role${String(reads)}`];
      },
    };
    const copy = copyOf(source);
    expect([copy.roles, copy.roles]).to.deep.equal([['role1'], ['role1']]);
    expect(reads).to.equal(1);
  });

  it('gives a new date at each look', () => {
    const source = { at: new Date(5), list: [new Date(6)], ['__proto__']: new Date(7) };
    const copy = copyOf(source);
    source.at.setTime(0);
    copy.at.setTime(1);
    copy.list[0]?.setTime(1);
    expect([copy.at, copy.list[0], Reflect.get(copy, '__proto__')].map(Number)).to.deep.equal([5, 6, 7]);
    expect(Object.keys(copy)).to.deep.equal(['at', 'list', '__proto__']);
    expect(() => {
      copy.at = new Date(9);
    }).to.throw(TypeError);
  });

  it('keeps the holes and the length of lists of any values', () => {
    // eslint-disable-next-line no-sparse-arrays -- the hole is what is copied
    const sparse = ['a', , 'b'];
    const copy = copyOf(sparse);
    expect(Object.keys(copy)).to.deep.equal(['0', '2']);
    expect(copy).to.have.length(3).and.be.frozen;
    class List extends Array<string> {}
    const list = copyOf(List.of('a', 'b'));
    expect(Object.getPrototypeOf(list)).to.equal(Array.prototype);
    expect([...list]).to.deep.equal(['a', 'b']);
    expect(copyOf([])).to.deep.equal([]);
  });

  it('does not take what the iterator of a list says for its texts', () => {
    const liar = Object.assign(['a'], {
      [Symbol.iterator]: () => ['admin', 'b'].values(),
    });
    expect(copyOf({ roles: liar }).roles[0]).to.equal('a');
  });

  const refused: Record<string, unknown> = {
    'a function': () => 1,
    'a symbol': Symbol('x'),
    'a set': new Set(['x']),
    bytes: Buffer.from('x'),
    'an instance': new (class Person {})(),
    'a boxed text': new String('x'),
    'a promise': Promise.resolve(1),
  };
  for (const [what, value] of Object.entries(refused)) {
    it(`refuses ${what}, in a field, a list and a nested object`, () => {
      for (const source of [
        { value },
        [value],
        ['a', value],
        { deep: { value } },
        { deep: [['a'], value] },
      ]) {
        expect(() => copyOf(source)).to.throw(TypeError, 'refused');
      }
    });
  }
});

describe('SnapshotBuilder', () => {
  function builder() {
    const lines = { users: new Map<string, number>(), groups: new Map<string, number>() };
    const made = new SnapshotBuilder<{ username: string; groups?: string[] }, number>({
      refuse: (line, problem) => new Error(`${String(line)} ${problem}`),
      nameOf: (line) => `line ${String(line)}`,
      ofUser: (name) => lines.users.get(name) ?? -1,
      ofGroup: (name) => lines.groups.get(name) ?? -1,
    });
    return { made, lines };
  }

  it('refuses a name twice, where the second stands, and names the first', () => {
    const { made, lines } = builder();
    made.addUser({ username: 'a' }, 1);
    lines.users.set('a', 1);
    made.addGroup({ name: 'a' }, 2);
    lines.groups.set('a', 2);
    expect(() => {
      made.addUser({ username: 'a' }, 3);
    }).to.throw('3 has the same name as line 1');
    expect(() => {
      made.addGroup({ name: 'a' }, 4);
    }).to.throw('4 has the same name as line 2');
    expect([...made.build().users.keys(), ...made.build().groups.keys()]).to.deep.equal(['a', 'a']);
  });

  it('refuses a group that is unknown when all are added, where its user or group stands', () => {
    const { made, lines } = builder();
    made.addUser({ username: 'a', groups: ['late'] }, 1);
    made.addGroup({ name: 'late' }, 2);
    expect(made.build().users.get('a')?.groups).to.deep.equal(['late']);
    made.addUser({ username: 'b', groups: ['late', 'none'] }, 3);
    lines.users.set('b', 3);
    expect(() => made.build()).to.throw('3 refers to an unknown group');
    const other = builder();
    other.made.addGroup({ name: 'g', groups: ['none'] }, 4);
    other.lines.groups.set('g', 4);
    expect(() => other.made.build()).to.throw('4 refers to an unknown group');
  });
});

describe('rolesIn', () => {
  it('gives each role of users and groups once, in order', () => {
    const users = new Map([
      ['a', { username: 'a', roles: ['x', 'y'] }],
      ['b', { username: 'b', roles: null }],
      ['c', { username: 'c' }],
    ]);
    const groups = new Map([['g', { name: 'g', roles: ['y', 'z'] }]]);
    expect([...rolesIn({ users, groups })]).to.deep.equal(['x', 'y', 'z']);
  });
});
