import { inspect } from 'node:util';
import { expect } from 'chai';
import { LoginsUnderWay } from '../../../src/throttle/logins-under-way';

const ANN = { username: 'ann', password: 'correct horse', ip: '192.0.2.1' };

describe('LoginsUnderWay', () => {
  let logins: LoginsUnderWay;
  let begun: number;
  let settle: (proved: boolean) => void;
  let result: Promise<boolean>;
  const verify = () => {
    begun += 1;
    return result;
  };
  const prove = (login = ANN, against = ['hash']) =>
    logins.prove(login, against, verify, new AbortController().signal);

  beforeEach(() => {
    logins = new LoginsUnderWay();
    begun = 0;
    result = new Promise((resolve) => {
      settle = resolve;
    });
  });

  it('takes equal logins from one address for one', async () => {
    const all = Array.from({ length: 30 }, () => prove());
    settle(true);
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set([true]));
    expect(begun).to.equal(1);
  });

  for (const [difference, other] of Object.entries({
    'another password': { password: 'correct horsf' },
    'another user name': { username: 'bob' },
    'another spelling of the name': { username: 'Ann' },
    'another address': { ip: '192.0.2.2' },
    'the name running into the password': { username: 'annc', password: 'orrect horse' },
    'no address': { ip: '' },
  })) {
    it(`keeps a login with ${difference} apart`, async () => {
      const both = [prove(), prove({ ...ANN, ...other })];
      settle(true);
      await Promise.all(both);
      expect(begun).to.equal(2);
    });
  }

  it('keeps logins apart that are held against another hash or entry', async () => {
    const all = [prove(), prove(ANN, ['other hash']), prove(ANN, ['ha', 'sh']), prove(ANN, [])];
    settle(true);
    await Promise.all(all);
    expect(begun).to.equal(4);
  });

  it('counts an IPv6 address by its /64, as the throttle does', async () => {
    const both = [prove({ ...ANN, ip: '2001:db8::1' }), prove({ ...ANN, ip: '2001:db8::2' })];
    settle(true);
    await Promise.all(both);
    expect(begun).to.equal(1);
  });

  it('has an equal login only while it is under way', async () => {
    expect(logins.hasEqual(ANN)).to.equal(false);
    const proof = prove();
    expect(logins.hasEqual(ANN)).to.equal(true);
    settle(true);
    await proof;
    expect(logins.hasEqual(ANN)).to.equal(false);
  });

  for (const end of ['wrong', 'failed'] as const) {
    it(`leaves nothing behind of a login that ${end === 'wrong' ? 'was wrong' : 'failed'}`, async () => {
      const error = new Error('down');
      result = end === 'wrong' ? Promise.resolve(false) : Promise.reject(error);
      await prove().catch(() => undefined);
      expect(logins.hasEqual(ANN)).to.equal(false);
    });
  }

  it('tells which password is under way to nobody who tried another one for the account there', async () => {
    const proof = prove();
    expect(logins.hasEqual({ ...ANN, username: 'bob' })).to.equal(false);
    expect(logins.hasEqual({ ...ANN, ip: '192.0.2.2' })).to.equal(false);
    expect(logins.hasEqual(ANN)).to.equal(true);
    expect(logins.hasEqual({ ...ANN, password: 'guess' })).to.equal(false);
    expect(logins.hasEqual(ANN)).to.equal(false);
    settle(true);
    await proof;
    const next = prove();
    expect(logins.hasEqual(ANN)).to.equal(true);
    await next;
  });

  it('shows no password', async () => {
    const proof = prove();
    expect(inspect(logins, { depth: 10, showHidden: true })).to.not.contain('horse');
    settle(true);
    await proof;
  });
});
