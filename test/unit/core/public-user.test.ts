import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { publicUser, publicView } from '../../../src/core/public-user';
import { RecordFault } from '../../../src/core/record-fault';
import { Secrets } from '../../../src/core/secrets';
import { isUser, type User } from '../../../src/core/user';
import { everythingShownBy } from '../../support/shown';
import { CrashWatch } from '../../support/scripted';

const HASH = '$2b$12$thisStandsForAHashNobodyIsToSee';
const TENANT = Symbol('tenant');

class Account implements User {
  roles = ['reader'];
  constructor(
    public username: string,
    public password: string,
  ) {}

  greet(): string {
    return `${this.username}/${this.password}`;
  }
}

class Row {
  constructor(readonly dataValues: Record<string, unknown>) {}
  get username(): unknown {
    return this.dataValues['username'];
  }
  get password(): unknown {
    return this.dataValues['password'];
  }
  toJSON(): object {
    return { ...this.dataValues };
  }
}

class Hidden {
  readonly username = 'ann';
  readonly #hash: string;
  constructor(hash: string) {
    this.#hash = hash;
  }
  get password(): string {
    return this.#hash;
  }
}

/** A value in a class that shows it in one way only. */
class Sealed {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  toJSON(): object {
    return { value: this.#value };
  }
}

class Inspected {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  [inspect.custom](): string {
    return `<${this.#value}>`;
  }
}

class Printed {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  toString(): string {
    return this.#value;
  }
}

class Settings {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  get value(): { inner: unknown[] } {
    return { inner: [this.#value] };
  }
}

class MapRecord extends Map<string, unknown> {
  get username(): unknown {
    return this.get('username');
  }
  get password(): unknown {
    return this.get('password');
  }
}

const ann = (further: object = {}): User => ({ username: 'ann', password: HASH, ...further });

/** An object that has what a record with cycles has. */
function cyclic(): User {
  const record = ann({ inner: { hash: HASH, kept: 1 } }) as User & Record<string, unknown>;
  record['self'] = record;
  record['list'] = [record, record['inner']];
  return record;
}

describe('publicUser', () => {
  const copied: Record<string, () => unknown> = {
    'a plain object': () => ann(),
    'a frozen object': () => Object.freeze(ann()),
    'a sealed object': () => Object.seal(ann()),
    'a null-prototype object': () => Object.assign(Object.create(null) as object, ann()),
    'an object of another realm': () =>
      runInNewContext(
        '({ username: "ann", password: hash, inner: { hash }, list: [hash], at: new Date(0) })',
        {
          hash: HASH,
        },
      ),
    'a proxy': () => new Proxy(ann(), {}),
    'an accessor': () => Object.defineProperty(ann(), 'password', { get: () => HASH, enumerable: true }),
    'another name': () => ann({ passwordHash: HASH }),
    'a getter of another name': () => Object.defineProperty(ann(), 'hash', { get: () => HASH }),
    'a non-enumerable property': () => Object.defineProperty(ann(), 'hash', { value: HASH }),
    'a symbol': () => ann({ [TENANT]: HASH, [Symbol(HASH)]: 1 }),
    'the name of a property': () => ann({ [HASH]: true, inner: { [`x${HASH}`]: true } }),
    'the email': () => ann({ email: HASH }),
    'a longer text': () => ann({ note: `hash=${HASH};` }),
    JSON: () => ann({ raw: JSON.stringify(ann()) }),
    'inner objects': () => ann({ raw: ann(), a: { b: { c: [{ hash: HASH }] } } }),
    'an inner null-prototype object': () => ann({ raw: Object.assign(Object.create(null) as object, ann()) }),
    arrays: () => ann({ all: [HASH, [HASH, 1]], history: ['x', HASH] }),
    'a map and a set': () =>
      ann({ map: new Map<unknown, unknown>([[HASH, 1], ['a', HASH], ['b', { HASH }]]), set: new Set([HASH, 1]) }), // prettier-ignore
    bytes: () => ann({ bytes: Buffer.from(HASH), view: new Uint8Array(Buffer.from(`x${HASH}`)) }),
    'a String object': () => ann({ text: Object(HASH) as unknown }),
    'properties of bytes': () =>
      ann({
        few: Object.assign(Buffer.from('x'), { hash: HASH }),
        many: Object.assign(new Uint8Array(1000), { inner: { HASH } }),
        floats: Object.assign(new Float64Array(100), { [TENANT]: HASH }),
        hidden: Object.defineProperty(Buffer.alloc(500), 'hash', { value: HASH }),
        named: Object.assign(Buffer.alloc(200), { [HASH]: 1 }),
        view: Object.assign(new DataView(new ArrayBuffer(4)), { hash: HASH }),
        buffer: Object.assign(new ArrayBuffer(4), { hash: HASH }),
        shared: Object.assign(new SharedArrayBuffer(4), { hash: HASH }),
      }),
    'bytes that say they are empty': () =>
      ann({
        view: Object.defineProperties(new Uint8Array(Buffer.from(HASH)), {
          byteLength: { value: 0 },
          length: { value: 0 },
          buffer: { value: new ArrayBuffer(0) },
        }),
        buffer: Object.defineProperty(new TextEncoder().encode(HASH).buffer, 'byteLength', { value: 0 }),
      }),
    'properties of boxed values': () =>
      ann({
        text: Object.assign(new String('x'), { hash: HASH }),
        further: Object.assign(new String('x'), { 50: HASH }),
        long: Object.assign(new String('x'.repeat(1000)), { hash: HASH }),
        number: Object.assign(new Number(1), { hash: HASH }),
        boolean: Object.assign(new Boolean(true), { inner: [HASH] }),
        bigint: Object.assign(Object(1n) as object, { hash: HASH }),
        symbol: Object.assign(Object(Symbol('x')) as object, { hash: HASH }),
        described: Object(Symbol(HASH)) as unknown,
      }),
    'properties of dates, expressions, errors and collections': () =>
      ann({
        date: Object.assign(new Date(0), { hash: HASH }),
        pattern: Object.assign(/x/, { hash: HASH }),
        error: Object.assign(new Error('x'), { hash: HASH }),
        said: new Error(`not ${HASH}`),
        cause: new Error('x', { cause: { HASH } }),
        list: Object.assign(['x'], { hash: HASH }),
        map: Object.assign(new Map(), { hash: HASH }),
        set: Object.assign(new Set(), { hash: HASH }),
      }),
    'properties of bytes in a class': () =>
      ann({ row: new Row({ username: 'ann', bytes: Object.assign(Buffer.alloc(300), { hash: HASH }) }) }),
    'properties of bytes of another realm': () =>
      ann({
        bytes: runInNewContext('Object.assign(new Uint8Array(100), { hash })', { hash: HASH }) as unknown,
      }),
    cycles: cyclic,
    'a class': () => new Account('ann', HASH),
    'a frozen class instance': () => Object.freeze(new Account('ann', HASH)),
    'a sealed class instance': () => Object.seal(new Account('ann', HASH)),
    'a class with further data': () =>
      Object.assign(new Account('ann', HASH), { old: [{ HASH }], [TENANT]: HASH }),
    'a class with columns in an inner object': () => new Row({ username: 'ann', password: HASH, old: HASH }),
    'a class in a plain object': () => ann({ row: new Row({ username: 'ann', password: HASH }) }),
    'an own toJSON()': () => ann({ toJSON(this: object) { return { ...this }; } }), // prettier-ignore
  };
  for (const [what, make] of Object.entries(copied)) {
    it(`shows nothing of a hash in ${what}, and leaves the record as it was`, () => {
      const record = make() as User;
      const before = inspect(record, { depth: Infinity, showHidden: true });
      expect(everythingShownBy(record)).to.include(HASH);
      const user = publicUser(record);
      expect(everythingShownBy(user)).to.not.include(HASH);
      expect(user).to.not.equal(record);
      expect(user.username).to.equal('ann');
      expect(inspect(record, { depth: Infinity, showHidden: true })).to.equal(before);
    });
  }

  const refused: Record<string, () => unknown> = {
    'a private field behind a getter': () => new Hidden(HASH),
    'a closure behind toJSON()': () => ann({ toJSON: () => ({ hash: HASH }) }),
    'a closure behind an inspection': () => ann({ [inspect.custom]: () => HASH }),
    'a closure behind toString()': () => ann({ toString: () => HASH }),
    'a closure behind a conversion': () => ann({ [Symbol.toPrimitive]: () => HASH }),
    'an inherited property': () => Object.create(ann()) as unknown,
    'an inherited inner property': () => Object.assign(Object.create({ inner: [{ HASH }] }) as object, ann()),
    'a getter that another object serves': () => new (class extends Account { get hash() { return HASH; } })('ann', HASH), // prettier-ignore
    'properties of a URL': () => ann({ url: Object.assign(new URL('http://localhost/'), { hash: HASH }) }),
    'toJSON() of bytes': () => ann({ bytes: Object.assign(Buffer.from('x'), { toJSON: () => HASH }) }),
    'a getter of many bytes': () =>
      ann({ bytes: Object.defineProperty(Buffer.alloc(500), 'hash', { get: () => HASH }) }),
    'a getter of a class of bytes': () =>
      ann({
        bytes: new (class extends Uint8Array {
          get hash() {
            return HASH;
          }
        })(100),
      }),
    'toString() of a class of texts': () =>
      ann({
        text: new (class extends String {
          override toString() {
            return HASH;
          }
        })('x'),
      }),
    'toJSON() of an inner instance': () => ann({ inner: new Sealed(HASH) }),
    'toJSON() of an instance deep inside': () => ann({ list: [{ inner: new Sealed([new Sealed(HASH)]) }] }),
    'the inspection of an inner instance': () => ann({ inner: new Inspected(HASH) }),
    'toString() of an inner instance': () => ann({ inner: new Printed(HASH) }),
    'a getter of an inner instance': () => ann({ inner: new Settings(HASH) }),
    'a map that a getter gives': () => ann({ inner: new Settings(new Map([['a', HASH]])) }),
    'a map with it as a key that a getter gives': () => ann({ inner: new Settings(new Map([[HASH, 1]])) }),
    'a set that a getter gives': () => ann({ inner: new Settings(new Set([HASH])) }),
    'bytes that a getter gives': () => ann({ inner: new Settings(Buffer.from(HASH)) }),
    'an ArrayBuffer that a getter gives': () => {
      const { buffer } = new Uint8Array(Buffer.from(HASH));
      return ann({ inner: new Settings(buffer) });
    },
    'a String object that a getter gives': () => ann({ inner: new Settings(Object(HASH)) }),
    'a symbol that a getter gives': () => ann({ inner: new Settings(Symbol(HASH)) }),
    'a proxy that a getter gives': () => ann({ inner: new Settings(new Proxy({}, {})) }),
    'the prototype of an inner object': () => ann({ inner: Object.create({ HASH }) as unknown }),
    'a property of a function': () => ann({ find: Object.assign(() => 1, { hash: HASH }) }),
    'a subclass of Map': () => new MapRecord([['username', 'ann'], ['password', HASH]]), // prettier-ignore
    'a getter named constructor': () =>
      Object.setPrototypeOf(ann(), Object.defineProperty({}, 'constructor', { get: () => HASH })) as unknown,
    'a WeakMap': () => ann({ inner: new WeakMap([[{}, HASH]]) }),
    'a promise': () => ann({ later: Promise.resolve(HASH) }),
    'a promise that rejects': () => ann({ later: Promise.reject(new Error(HASH)) }),
    'a getter that gives a promise': () => Object.defineProperty(ann(), 'later', { get: () => Promise.reject(new Error(HASH)) }), // prettier-ignore
    'a generator': () => ann({ all: (function* () { yield HASH; })() }), // prettier-ignore
    'a prototype that is a proxy': () => {
      const get = (_: object, key: PropertyKey): unknown => (key === 'hash' ? HASH : undefined);
      return Object.setPrototypeOf(ann(), new Proxy({}, { get })) as unknown;
    },
    'a base class that is a proxy': () => {
      const get = (_: object, key: PropertyKey): unknown => (key === 'hash' ? HASH : undefined);
      const prototype: unknown = Object.create(new Proxy({}, { get }));
      return Object.setPrototypeOf(ann(), prototype as object) as unknown;
    },
    'an inner object whose prototype is a proxy': () =>
      ann({ inner: Object.create(new Proxy({}, { get: () => HASH })) as unknown }),
    'an endless chain of objects': () => {
      class Link { get next() { return new Link(); } } // prettier-ignore
      return ann({ link: new Link() });
    },
    'a getter that throws the hash': () => Object.defineProperty(ann(), 'inner', { get() { throw new Error(HASH); } }), // prettier-ignore
    'a proxy whose traps throw': () => new Proxy(ann(), { ownKeys() { throw new Error(HASH); } }), // prettier-ignore
    'very deep nesting': () => {
      let inner: object = { HASH };
      for (let depth = 0; depth < 50_000; depth += 1) inner = { inner };
      return ann({ inner });
    },
    'too many values': () => ann({ all: Array.from({ length: 100_001 }, (_, index) => index) }),
  };
  for (const [what, make] of Object.entries(refused)) {
    it(`refuses a record with ${what}, and quotes nothing`, async () => {
      using watch = new CrashWatch();
      const record = make() as User;
      expect(isUser(record)).to.equal(true);
      expect(() => publicUser(record))
        .to.throw(RecordFault)
        .that.satisfies((error: Error) => !inspect(error, { showHidden: true }).includes(HASH));
      expect(await watch.settled()).to.deep.equal([]);
    });
  }

  it('reads no getter of what a record leads to only by many steps', () => {
    const read: string[] = [];
    class Machine {
      constructor(
        readonly name: string,
        readonly part?: object,
      ) {}
      get state(): string {
        read.push(this.name);
        return 'running';
      }
    }
    const near = new Machine('near', new Machine('part'));
    expect(publicUser(ann({ near }))).to.have.property('near', near);
    expect(read).to.have.members(['near', 'part']);
    const parts = ['handle', 'socket', 'server', 'pool', 'connection'];
    const far = parts.reduce<object>((part, name) => new Machine(name, part), new Proxy({}, {}));
    expect(() => publicUser(ann({ far }))).to.throw(RecordFault, 'too far');
    expect(read).to.have.length(2);
  });

  it('stops early at an endless chain of objects with code', () => {
    let calls = 0;
    const next = (): object => ({ [inspect.custom]: next, number: (calls += 1) });
    expect(() => publicUser(ann({ first: next() }))).to.throw(RecordFault, 'too far');
    expect(calls).to.be.lessThan(10);
  });

  it('looks at each record anew, whatever an earlier one of its class was', () => {
    expect(publicUser(ann({ inner: new Sealed('x') }))).to.have.property('inner');
    expect(() => publicUser(ann({ inner: new Sealed(HASH) }))).to.throw(RecordFault);
    expect(publicUser(ann({ inner: new Sealed('y') }))).to.have.property('inner');
  });

  it('keeps everything else of a plain object', () => {
    const record = {
      ...ann(),
      id: 7,
      [TENANT]: 'x',
      inner: { list: [1, { a: null }] },
      map: new Map([['a', 1]]),
    };
    const user = publicUser(record);
    expect(Reflect.ownKeys(user)).to.deep.equal(['username', 'id', 'inner', 'map', TENANT]);
    expect({ ...user, password: HASH }).to.deep.equal(record);
  });

  it('keeps classes and their methods', () => {
    const user = publicUser(new Account('ann', HASH)) as Account;
    expect(user).to.be.instanceOf(Account);
    expect(user.greet()).to.equal('ann/undefined');
    expect(user).to.not.have.property('password');
  });

  it('hands on instances of classes in a record that hold no hash', () => {
    const inner = {
      url: new URL('http://localhost/'),
      sealed: new Sealed('x'),
      row: new Row({ a: 1 }),
      bytes: Buffer.from('x'),
    };
    const user = publicUser(ann(inner)) as unknown as typeof inner;
    expect(user.url).to.equal(inner.url);
    expect(user.sealed).to.equal(inner.sealed);
    expect(user.row).to.equal(inner.row);
    expect(user.bytes).to.equal(inner.bytes);
  });

  it('hands on bytes and boxed values that hold no hash, however long', () => {
    const inner = {
      many: Buffer.alloc(8_000_000),
      named: Object.assign(Buffer.alloc(100), { mime: 'image/png' }),
      floats: new Float32Array([Number.NaN]),
      buffer: new ArrayBuffer(8),
      text: new String('x'.repeat(500_000)),
      symbol: Object(Symbol('x')) as object,
      deep: new Row({ row: new Row({ row: { row: { bytes: Buffer.alloc(200_000) } } }) }),
    };
    const user = publicUser(ann(inner)) as unknown as typeof inner;
    for (const key of Object.keys(inner) as (keyof typeof inner)[])
      expect(user[key] === inner[key], key).to.equal(true);
  });

  it('leaves out bytes and String objects that are the hash', () => {
    const user = publicUser(ann({ text: Object(HASH) as unknown, bytes: Buffer.from(HASH), id: 7 }));
    expect(user).to.have.all.keys('username', 'id');
  });

  it('copies an inner instance of a class that has the hash in its data', () => {
    class Holder {
      map = new Map<string, unknown>([['hash', HASH], ['kept', 1]]); // prettier-ignore
      set = new Set([HASH, 'kept']);
      size(): number {
        return this.map.size;
      }
    }
    for (const holder of [new Holder(), new Proxy(new Holder(), {})]) {
      const { holder: copy } = publicUser(ann({ holder })) as User & { holder: Holder };
      expect(copy).to.be.instanceOf(Holder).and.not.equal(holder);
      expect([copy.size(), [...copy.set]]).to.deep.equal([1, ['kept']]);
      expect(holder.size()).to.equal(2);
    }
  });

  it('keeps a property named __proto__ a property', () => {
    const user = publicUser(
      JSON.parse(`{"username":"ann","password":"${HASH}","__proto__":{"admin":true}}`) as User,
    );
    expect(Object.getPrototypeOf(user)).to.equal(Object.prototype);
    expect('admin' in user).to.equal(false);
    expect(Object.getOwnPropertyDescriptor(user, '__proto__')?.value).to.deep.equal({ admin: true });
  });

  it('keeps cycles cycles', () => {
    const user = publicUser(cyclic()) as User & { self: unknown; list: unknown[]; inner: unknown };
    expect(user.self).to.equal(user);
    expect(user.list[0]).to.equal(user);
    expect(user.list[1]).to.equal(user.inner);
    expect(user.inner).to.deep.equal({ kept: 1 });
  });

  for (const password of [undefined, null, '']) {
    it(`copies a record whose hash is ${inspect(password)}, and calls no code of it`, () => {
      const record = Object.assign(new Account('ann', ''), {
        password,
        secret: new Hidden('x'),
        later: Promise.resolve(),
      });
      Object.defineProperty(record, 'lazy', { get: () => expect.fail('read') });
      const user = publicUser(record);
      expect(user).to.be.instanceOf(Account).and.not.equal(record);
      expect(user).to.not.have.property('password');
      expect(Object.getOwnPropertyDescriptor(user, 'lazy')).to.have.property('get');
      user.email = 'x@y.example';
      expect(record).to.not.have.property('email');
    });
  }

  it('does not let the roles, groups and dates of a record be changed', () => {
    const record = {
      username: 'ann',
      roles: ['a'],
      groups: ['g'],
      tokensValidFrom: new Date(5),
      tags: ['x'],
      inner: { a: [1] },
    };
    for (const password of [HASH, undefined]) {
      const user = publicUser({ ...record, password }) as typeof record;
      expect(() => user.roles.push('admin')).to.throw(TypeError);
      expect(() => user.groups.push('admins')).to.throw(TypeError);
      user.tokensValidFrom.setTime(0);
      user.tags.push('y');
      user.inner.a.push(2);
    }
    expect(record).to.deep.equal({
      username: 'ann',
      roles: ['a'],
      groups: ['g'],
      tokensValidFrom: new Date(5),
      tags: ['x'],
      inner: { a: [1] },
    });
  });

  it('refuses a class whose getter hands out the roles array that is decided by', () => {
    const roles = ['a'];
    class Shared { readonly username = 'ann'; get roles() { return roles; } } // prettier-ignore
    expect(() => publicUser(new Shared())).to.throw(RecordFault, 'roles');
    Object.freeze(roles);
    expect(publicUser(new Shared()).roles).to.equal(roles);
  });

  it('keeps fields that have a short plaintext password as a part', () => {
    const user = publicUser({
      username: 'ann',
      password: 'a',
      email: 'a@b.example',
      roles: ['admin'],
      name: 'Ada',
    } as User);
    expect(user).to.deep.equal({ username: 'ann', email: 'a@b.example', roles: ['admin'], name: 'Ada' });
  });

  it('keeps names that equal a plaintext password', () => {
    for (const password of ['suspended', 'a-password-that-is-long', HASH]) {
      const user = publicUser({ username: password, password, roles: [password], groups: [password] });
      expect(user).to.deep.equal({ username: password, roles: [password], groups: [password] });
    }
  });

  for (const chosen of ['blocked', 'pending-approval', 'x'.repeat(70)]) {
    it(`refuses a record with another field that a user chose as the password (${chosen.length} characters)`, () => {
      const record = { username: 'ann', password: chosen };
      expect(() => publicUser({ ...record, status: chosen } as User)).to.throw(RecordFault);
      expect(() => publicUser({ ...record, list: [{ status: chosen }] } as User)).to.throw(RecordFault);
    });
  }

  it('leaves out no field whose name a user chose as the password', () => {
    for (const password of ['username', 'email', 'twoFactorRequired', 'constructor', 'toString']) {
      const rest = { username: 'ann', email: 'a@b.example', twoFactorRequired: true };
      const record = { ...rest, password };
      expect(publicUser(record)).to.deep.equal(rest);
      expect(publicUser(Object.assign(new Account('ann', ''), record))).to.include(rest);
    }
  });

  it('refuses a record whose name changes when it is read again', () => {
    let reads = 0;
    const record = ann();
    Object.defineProperty(record, 'username', { get: () => `ann${(reads += 1)}` });
    expect(() => publicUser(record)).to.throw(RecordFault);
  });
});

describe('publicView', () => {
  const record = Object.freeze(new Hidden(HASH)) as User;
  const secrets = Secrets.of(HASH);
  const view = (given: unknown): User => publicView(() => given, record, secrets);

  it('gives a copy of a plain object', () => {
    const given = { username: 'ann', roles: ['a'] };
    expect(view(given)).to.deep.equal(given);
    expect(view(given)).to.not.equal(given);
  });

  it('leaves the hash out of a plain object', () => {
    expect(everythingShownBy(view({ ...ann(), old: [HASH] }))).to.not.include(HASH);
  });

  it('hands on an instance of a class, with its private fields', () => {
    class Person { #name = 'Ann'; readonly username = 'ann'; get name() { return this.#name; } } // prettier-ignore
    const person = new Person();
    expect(view(person)).to.equal(person);
  });

  const refused: Record<string, () => unknown> = {
    undefined: () => undefined,
    null: () => null,
    'a text': () => 'ann',
    'no user': () => ({ name: 'ann' }),
    'another user': () => ({ username: 'bob' }),
    'a promise': () => Promise.resolve({ username: 'ann' }),
    'a promise that rejects': () => Promise.reject(new Error(HASH)),
    'a class with the hash': () => new Account('ann', HASH),
    'a class with the hash behind toJSON()': () =>
      Object.assign(new Account('ann', ''), { inner: new Sealed(HASH) }),
    'a proxy of a class': () => new Proxy(new Account('ann', ''), {}),
    'the record itself, which cannot be copied': () => record,
    'a throw': () => { throw new Error(`no ${HASH}`); }, // prettier-ignore
    'a throw that cannot be read': () => { throw new Proxy(new Error(), { get() { throw new Error(HASH); } }); }, // prettier-ignore
  };
  for (const [what, give] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      using watch = new CrashWatch();
      expect(() => publicView(give, record, secrets))
        .to.throw(RecordFault)
        .that.satisfies((error: Error) => !inspect(error, { showHidden: true }).includes(HASH));
      expect(await watch.settled()).to.deep.equal([]);
    });
  }

  it('says what publicView() threw, without hashes', () => {
    const other = '$2b$12$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';
    const failing = (): never => {
      throw new Error(`no column name beside ${other}`);
    };
    expect(() => publicView(failing, record, secrets)).to.throw(/no column name beside \*\*\*/);
  });

  it('refuses a class that shares the roles array of the record', () => {
    const roles = ['a'];
    const owner = { username: 'ann', password: HASH, roles };
    const shared = Object.assign(new Account('ann', ''), { roles });
    expect(() => publicView(() => shared, owner, secrets)).to.throw(RecordFault, 'roles');
  });
});
