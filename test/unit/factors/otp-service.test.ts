import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  BadCredentialsError,
  ConfigurationError,
  type FactorSecret,
  MemoryFactors,
  OtpService,
  type OtpServiceOptions,
  type OtpStoreInterface,
  ServiceUnavailableError,
  ThrottledError,
} from '../../../src';
import { codeOf, stepAt } from '../../../src/factors/one-time-code';
import { Throttle } from '../../../src/throttle/throttle';
import { reopenOtp } from '../../../src/factors/otp-service';
import { fromBase32 } from '../../support/base32';

const START = 1_800_000_000_000;
const SECRET = 'a secret of more than thirty-two bytes, for factors';
const OTHER = 'another secret of more than thirty-two bytes';
const ANN = { username: 'ann', userId: '7' };

async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return 'was accepted';
}

describe('OtpService', () => {
  let now: number;
  let store: MemoryFactors;
  beforeEach(() => {
    now = START;
    store = new MemoryFactors();
  });

  const make = (options: Partial<OtpServiceOptions> = {}) =>
    new OtpService({
      store,
      secret: SECRET,
      throttle: new Throttle({ perPair: 1000, perAccount: 1000, perAddress: 1000 }),
      clock: () => now,
      ...options,
    });
  const enrolled = async (otp = make(), user: { username: string; userId?: string } = ANN) => {
    const { secret } = await otp.setUp(user);
    const key = fromBase32(secret);
    const recovery = await otp.confirm(user, codeOf(key, stepAt(now)));
    now += 30_000;
    return { otp, key, recovery, code: (steps = 0) => codeOf(key, stepAt(now) + steps) };
  };

  it('says how the key is given to an app, and counts it once it is confirmed', async () => {
    const otp = make({ issuer: 'Notes & more' });
    const { secret, uri } = await otp.setUp({ username: 'ann@x:y' });
    expect(secret).to.match(/^[A-Z2-7]{32}$/);
    expect(uri).to.equal(
      `otpauth://totp/Notes%20%26%20more:ann%40x%3Ay?secret=${secret}&issuer=Notes%20%26%20more&algorithm=SHA1&digits=6&period=30`,
    );
    expect(await otp.isEnrolled({ username: 'ann@x:y' })).to.equal(false);
    const wrong = await refusalOf(otp.confirm({ username: 'ann@x:y' }, '000000'));
    expect(wrong).to.be.instanceOf(BadCredentialsError);
    const codes = await otp.confirm({ username: 'ann@x:y' }, codeOf(fromBase32(secret), stepAt(now)));
    expect(codes).to.have.length(10);
    expect(new Set(codes)).to.have.property('size', 10);
    for (const code of codes) expect(code).to.match(/^(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    expect(await otp.isEnrolled({ username: 'ann@x:y' })).to.equal(true);
  });

  it('takes the code of a step before and after, each once, and none that is older', async () => {
    const { otp, code } = await enrolled();
    for (const steps of [-2, 2, 100]) {
      expect(await refusalOf(otp.verify(ANN, code(steps), '::1'))).to.be.instanceOf(BadCredentialsError);
    }
    expect(await otp.verify(ANN, code(0), '::1')).to.equal('otp');
    expect(await refusalOf(otp.verify(ANN, code(0), '::1'))).to.be.instanceOf(BadCredentialsError);
    expect(await refusalOf(otp.verify(ANN, code(-1), '::1'))).to.be.instanceOf(BadCredentialsError);
    expect(await otp.verify(ANN, ` ${code(1).slice(0, 3)} ${code(1).slice(3)} `, '::1')).to.equal('otp');
    now -= 60_000;
    expect(await refusalOf(otp.verify(ANN, code(0), '::1'))).to.be.instanceOf(BadCredentialsError);
  });

  it('takes one of ten at once, and never the code that confirmed', async () => {
    const { otp, code } = await enrolled();
    const verified = await Promise.allSettled(
      Array.from({ length: 10 }, () => otp.verify(ANN, code(), '::1')),
    );
    expect(verified.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    now -= 30_000;
    expect(await refusalOf(otp.verify(ANN, code(), '::1'))).to.be.instanceOf(BadCredentialsError);
  });

  it('refuses all text that is no code', async () => {
    const { otp, code } = await enrolled();
    for (const text of [
      '',
      '0',
      '00000',
      '0000000',
      `${code()}0`,
      '１２３４５６',
      '-00001',
      'null',
      ' '.repeat(1e5),
      '__proto__',
    ]) {
      expect(await refusalOf(otp.verify(ANN, text, '::1')), text.slice(0, 9)).to.be.instanceOf(
        BadCredentialsError,
      );
    }
    expect(await otp.verify(ANN, code(), '::1')).to.equal('otp');
  });

  it('takes a recovery code once, however it is typed, also of several at once', async () => {
    const { otp, recovery } = await enrolled();
    const [first = '', second = ''] = recovery;
    expect(await otp.verify(ANN, ` ${first.toLowerCase().replaceAll('-', ' ')} `, '::1')).to.equal(
      'recovery',
    );
    expect(await refusalOf(otp.verify(ANN, first, '::1'))).to.be.instanceOf(BadCredentialsError);
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => otp.verify(ANN, second, '::1')));
    expect(tries.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    const fresh = await otp.newRecoveryCodes(ANN);
    expect(await refusalOf(otp.verify(ANN, recovery[2] ?? '', '::1'))).to.be.instanceOf(BadCredentialsError);
    expect(await otp.verify(ANN, fresh[0] ?? '', '::1')).to.equal('recovery');
  });

  it('closes after a hundred wrong codes, whatever address they come from, until a recovery code', async () => {
    const { otp, code, recovery } = await enrolled();
    for (let index = 0; index < 99; index += 1) {
      await refusalOf(otp.verify(ANN, '000000x', `10.0.0.${String(index)}`));
    }
    expect(await otp.verify(ANN, code(), '::1')).to.equal('otp');
    now += 30_000;
    for (let index = 0; index < 100; index += 1) await refusalOf(otp.verify(ANN, 'wrong', '::1'));
    expect(await refusalOf(otp.verify(ANN, code(), '::1'))).to.be.instanceOf(BadCredentialsError);
    expect(await otp.verify(ANN, recovery[0] ?? '', '::1')).to.equal('recovery');
    expect(await otp.verify(ANN, code(), '::1')).to.equal('otp');
  });

  it('opens again by another factor', async () => {
    const { otp, code } = await enrolled();
    for (let index = 0; index < 100; index += 1) await refusalOf(otp.verify(ANN, 'wrong', '::1'));
    expect(await refusalOf(otp.verify(ANN, code(), '::1'))).to.be.instanceOf(BadCredentialsError);
    await reopenOtp(otp, ANN);
    expect(await otp.verify(ANN, code(), '::1')).to.equal('otp');
  });

  it('lets no more than five wrong codes an hour from an address through', async () => {
    const { code } = await enrolled();
    const otp = new OtpService({ store, secret: SECRET, clock: () => now });
    const outcomes = [];
    for (let index = 0; index < 5; index += 1)
      outcomes.push(await refusalOf(otp.verify(ANN, 'wrong', '10.0.0.1')));
    expect(outcomes.every((outcome) => outcome instanceof BadCredentialsError)).to.equal(true);
    expect(await refusalOf(otp.verify(ANN, 'wrong', '10.0.0.1'))).to.be.instanceOf(ThrottledError);
    expect(await refusalOf(otp.verify(ANN, code(), '10.0.0.1'))).to.be.instanceOf(ThrottledError);
  });

  it('belongs to one user: of a former user of the name, another store and another name it is nobody’s', async () => {
    const { otp, code } = await enrolled();
    for (const other of [
      { username: 'ann', userId: '8' },
      { username: 'ann' },
      { username: 'ben', userId: '7' },
      { ...ANN, userstore: 'ldap' },
    ]) {
      expect(await otp.isEnrolled(other)).to.equal(false);
      expect(await refusalOf(otp.verify(other, code(), '::1'))).to.be.instanceOf(BadCredentialsError);
      expect(await otp.remove(other)).to.equal(false);
    }
    expect(await otp.isEnrolled(ANN)).to.equal(true);
    const next = { username: 'ann', userId: '8' };
    await enrolled(otp, next);
    expect([await otp.isEnrolled(next), await otp.isEnrolled(ANN)]).to.deep.equal([true, false]);
  });

  it('does not decrypt a key that was put at another user', async () => {
    const { otp, code } = await enrolled();
    const ben = { username: 'ben', userId: '7' };
    store.updateOtp(ben, store.getOtp(ANN), undefined);
    expect(await refusalOf(otp.verify(ben, code(), '::1'))).to.be.instanceOf(ServiceUnavailableError);
  });

  it('goes on with a secret that was replaced', async () => {
    const { code } = await enrolled();
    expect(await refusalOf(make({ secret: OTHER }).verify(ANN, code(), '::1'))).to.be.instanceOf(
      ServiceUnavailableError,
    );
    const rotated = make({ secret: [OTHER, SECRET] });
    expect(await rotated.verify(ANN, code(), '::1')).to.equal('otp');
    const ben = await enrolled(rotated, { username: 'ben' });
    expect(await make({ secret: OTHER }).verify({ username: 'ben' }, ben.code(), '::1')).to.equal('otp');
  });

  it('keeps the key of before until a new one is confirmed, and is removed whole', async () => {
    const { otp, code } = await enrolled();
    await otp.setUp(ANN);
    expect(await otp.verify(ANN, code(), '::1')).to.equal('otp');
    expect(await otp.remove(ANN)).to.equal(true);
    expect([await otp.remove(ANN), await otp.isEnrolled(ANN), store.getOtp(ANN)]).to.deep.equal([
      false,
      false,
      undefined,
    ]);
    expect(await refusalOf(otp.newRecoveryCodes(ANN))).to.be.instanceOf(BadCredentialsError);
  });

  it('gives no verdict that is not kept', async () => {
    const { code, recovery } = await enrolled();
    const deaf: OtpStoreInterface = { getOtp: (user) => store.getOtp(user), updateOtp: () => false };
    for (const text of [code(), recovery[0] ?? '', 'wrong']) {
      expect(await refusalOf(make({ store: deaf }).verify(ANN, text, '::1'))).to.be.instanceOf(
        ServiceUnavailableError,
      );
    }
  });

  for (const [name, stored] of [
    ['is no JSON', '{'],
    ['is of a later version', '{"v":2,"lastStep":0,"recovery":[],"wrong":0,"closed":false}'],
    ['has no step', '{"v":1,"recovery":[],"wrong":0,"closed":false}'],
    ['has another flag', '{"v":1,"lastStep":0,"recovery":[],"wrong":0,"closed":"no"}'],
  ] as const) {
    it(`cannot say, and changes nothing, where what is kept ${name}`, async () => {
      store.updateOtp(ANN, stored, undefined);
      for (const work of [
        make().isEnrolled(ANN),
        make().verify(ANN, '123456', '::1'),
        make().setUp(ANN),
        make().remove(ANN),
      ]) {
        expect(await refusalOf(work)).to.be.instanceOf(ServiceUnavailableError);
      }
      expect(store.getOtp(ANN)).to.equal(stored);
    });
  }

  it('keeps and shows no key and no recovery code', async () => {
    const { otp, key, recovery } = await enrolled();
    const shown = [
      inspect(otp, { depth: 9, showHidden: true }),
      JSON.stringify(otp),
      store.getOtp(ANN) ?? '',
    ].join();
    for (const secret of [
      SECRET,
      key.toString('base64url'),
      key.toString('hex'),
      recovery[0] ?? '',
      (recovery[0] ?? '').replaceAll('-', ''),
    ]) {
      expect(shown).not.to.contain(secret);
    }
  });

  for (const [name, secret] of [
    ['none', undefined],
    ['a short one', 'short'],
    ['an empty list', []],
    ['a list with a short one', [SECRET, 'short']],
    ['a number', 7],
  ] as const) {
    it(`refuses ${name} as secret`, () => {
      expect(() => make({ secret: secret as unknown as FactorSecret })).to.throw(
        ConfigurationError,
        'secret',
      );
    });
  }
});
