import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  BadCredentialsError,
  type FactorOwner,
  InvalidRequestError,
  MemoryFactors,
  SecurityFaultError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../../src';
import { PasskeyService, type PasskeyServiceOptions } from '../../../src/passkeys';
import { addPasskey, creationOptions } from '../../../src/passkeys/new-passkey';
import { migrate, SqlFactors, SqliteClient } from '../../../src/sql';
import { passkeysIn } from '../../../src/passkeys/passkey-service';
import { requestOptions, type Use, usePasskey } from '../../../src/passkeys/use-passkey';
import {
  type Algorithm,
  Authenticator,
  type CreationOptions,
  type RequestOptions,
  type Twist,
} from '../../support/authenticator';
import { PlainPasskeys } from '../../support/plain-passkeys';

const ORIGIN = 'https://app.example';
const SECRET = 'a secret of more than thirty-two bytes';
const ANN: FactorOwner = { username: 'ann', userstore: undefined, userId: '7' };
const BEN: FactorOwner = { username: 'ben', userstore: undefined, userId: '8' };

describe('Ceremonies of passkeys', () => {
  let now: number;
  let store: PlainPasskeys;
  let spent: Set<string>;
  let failed: (readonly [string, string])[];

  beforeEach(() => {
    now = 1_800_000_000_000;
    store = new PlainPasskeys();
    spent = new Set();
    failed = [];
  });

  const service = (options: Partial<PasskeyServiceOptions> = {}) =>
    new PasskeyService({
      store,
      secret: SECRET,
      rpId: 'app.example',
      origins: [ORIGIN],
      clock: () => now,
      ...options,
    });
  const partsOf = (options?: Partial<PasskeyServiceOptions>) => passkeysIn(service(options)).parts;
  const spend: Use['spend'] = async (digest) => {
    await Promise.resolve();
    if (spent.has(digest)) return false;
    spent.add(digest);
    return true;
  };
  const useFrom = (ip = '203.0.113.1'): Use => ({
    ip,
    spend,
    failed: ({ username }, method) => void failed.push([username, method]),
  });
  const making = async (parts = partsOf(), owner = ANN) =>
    (await creationOptions(parts, owner)) as CreationOptions;
  const asking = async (parts = partsOf(), owner?: FactorOwner) =>
    (await requestOptions(parts, owner)) as RequestOptions;
  const made = async (authenticator: Authenticator, parts = partsOf(), owner = ANN) => {
    const response = authenticator.create(await making(parts, owner));
    return addPasskey(parts, owner, { response, name: undefined }, spend);
  };
  const caught = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe('of a new passkey', () => {
    it('asks for a verified user, no statement of the maker, and none of the passkeys that are there', async () => {
      const parts = partsOf({ rpName: 'Notes' });
      const passkey = await made(new Authenticator(ORIGIN), parts);
      const options = await making(parts);
      expect(options).to.deep.include({
        rp: { id: 'app.example', name: 'Notes' },
        attestation: 'none',
        timeout: 300_000,
        authenticatorSelection: {
          residentKey: 'preferred',
          requireResidentKey: false,
          userVerification: 'required',
        },
        excludeCredentials: [{ type: 'public-key', id: passkey.id, transports: ['hybrid', 'internal'] }],
      });
      expect(options.user).to.deep.include({ name: 'ann', displayName: 'ann' });
      expect(options.user.id)
        .to.match(/^[\w-]{43}$/)
        .and.to.equal(passkey.userHandle);
      expect((await making(parts, BEN)).user.id).not.to.equal(options.user.id);
    });

    for (const algorithm of ['ES256', 'EdDSA', 'RS256'] satisfies Algorithm[]) {
      it(`keeps and uses one of ${algorithm}`, async () => {
        const authenticator = new Authenticator(ORIGIN, 'single', true, algorithm);
        const parts = partsOf();
        const passkey = await made(authenticator, parts);
        expect(passkey).to.deep.include({ user: ANN, counter: 0, device: 'single', name: 'Passkey' });
        const response = authenticator.get(await asking(parts));
        expect(await usePasskey(parts, undefined, response, useFrom())).to.deep.equal({
          owner: ANN,
          method: 'hwk',
          at: new Date(now),
        });
        expect(store.records.get(passkey.id)).to.deep.include({ counter: 1, lastUsedAt: new Date(now) });
      });
    }

    const TWISTS: readonly (readonly [string, Twist])[] = [
      ['for another origin', { origin: 'https://evil.example' }],
      ['for a sibling of the origin', { origin: 'https://other.app.example' }],
      ['for an origin that only begins the same', { origin: 'https://app.example.evil.example' }],
      ['for another port', { origin: 'https://app.example:8443' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['by a user who was not verified', { isVerified: false }],
      ['by nobody', { isPresent: false }],
      ['for another challenge', { challenge: 'AAAA' }],
      ['by the use of a passkey', { type: 'webauthn.get' }],
      ['in a frame of another page', { client: { crossOrigin: true } }],
      ['in a frame of a page that it names', { client: { topOrigin: 'https://evil.example' } }],
    ];
    for (const [what, twist] of TWISTS) {
      it(`keeps none that was made ${what}`, async () => {
        const parts = partsOf();
        const response = new Authenticator(ORIGIN).create(await making(parts), twist);
        const error = await caught(addPasskey(parts, ANN, { response, name: undefined }, spend));
        expect(error).to.be.instanceOf(BadCredentialsError);
        expect([store.records.size, spent.size]).to.deep.equal([0, 0]);
      });
    }

    it('looks at no statement of the maker, whose certificate could name any address to fetch', async () => {
      const parts = partsOf();
      const statement = {
        fmt: 'packed',
        attStmt: new Map<string, number | Buffer>([
          ['alg', -7],
          ['sig', Buffer.from('nothing')],
        ]),
      };
      const response = new Authenticator(ORIGIN).create(await making(parts), { statement });
      expect(await addPasskey(parts, ANN, { response, name: undefined }, spend)).to.include({
        name: 'Passkey',
      });
    });

    it('takes a challenge once, in its time, for its user and for this alone', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      const options = await making(parts);
      const others = [
        { ...options, challenge: (await making(parts, BEN)).challenge },
        { ...options, challenge: (await asking(parts)).challenge },
        { ...options, challenge: (await making(partsOf({ secret: `another ${SECRET}` }))).challenge },
      ];
      for (const other of others) {
        const response = authenticator.create(other);
        const error = await caught(addPasskey(parts, ANN, { response, name: undefined }, spend));
        expect(error).to.be.instanceOf(BadCredentialsError);
      }
      const old = authenticator.create(options);
      now += 300_000;
      expect(
        await caught(addPasskey(parts, ANN, { response: old, name: undefined }, spend)),
      ).to.be.instanceOf(BadCredentialsError);
      now -= 1;
      await addPasskey(parts, ANN, { response: old, name: undefined }, spend);
      const again = authenticator.create(options);
      expect(
        await caught(addPasskey(parts, ANN, { response: again, name: undefined }, spend)),
      ).to.be.instanceOf(BadCredentialsError);
      expect(store.records.size).to.equal(1);
    });

    it('keeps the same passkey for one user alone', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      const passkey = await made(authenticator, parts);
      const copy = authenticator.create(await making(parts, BEN));
      store.records.set(copy.id, { ...passkey, id: copy.id });
      const error = await caught(addPasskey(parts, BEN, { response: copy, name: undefined }, spend));
      expect(error).to.be.instanceOf(InvalidRequestError);
      expect(store.records.get(copy.id)?.user).to.deep.equal(ANN);
    });

    it('keeps as many as may be, also of several at once', async () => {
      const parts = partsOf({ maxPerUser: 3 });
      const options = await Promise.all(Array.from({ length: 6 }, () => making(parts)));
      const results = await Promise.allSettled(
        options.map((one) => {
          const response = new Authenticator(ORIGIN).create(one);
          return addPasskey(parts, ANN, { response, name: undefined }, spend);
        }),
      );
      expect(store.records.size).to.be.at.most(3);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(InvalidRequestError);
      }
      while (store.records.size < 3) await made(new Authenticator(ORIGIN), parts);
      expect(await caught(making(parts))).to.be.instanceOf(InvalidRequestError);
      expect(await caught(made(new Authenticator(ORIGIN), parts, BEN))).to.equal(undefined);
    });

    it('has the name that its user gives, within bounds', async () => {
      const parts = partsOf();
      for (const name of ['', ' ', 'a\u0000b', 'x'.repeat(101), 7, null, {}]) {
        const response = new Authenticator(ORIGIN).create(await making(parts));
        expect(await caught(addPasskey(parts, ANN, { response, name }, spend))).to.be.instanceOf(
          InvalidRequestError,
        );
      }
      const response = new Authenticator(ORIGIN).create(await making(parts));
      expect(await addPasskey(parts, ANN, { response, name: ' Ann’s phone ' }, spend)).to.include({
        name: 'Ann’s phone',
      });
    });

    it('keeps one handle for a user when the secret is replaced', async () => {
      const passkey = await made(new Authenticator(ORIGIN));
      const parts = partsOf({ secret: [`another ${SECRET}`, SECRET] });
      expect((await making(parts)).user.id).to.equal(passkey.userHandle);
      const pending = new Authenticator(ORIGIN).create(await making(partsOf()));
      await addPasskey(parts, ANN, { response: pending, name: undefined }, spend);
      expect(store.records.size).to.equal(2);
    });
  });

  describe('of a login', () => {
    it('asks nobody for a name, and keeps nothing before it succeeds', async () => {
      const parts = partsOf();
      const options = await asking(parts);
      expect(options).to.deep.include({
        rpId: 'app.example',
        timeout: 300_000,
        userVerification: 'required',
        allowCredentials: [],
      });
      expect(store.calls).to.deep.equal([]);
      expect((await asking(parts)).challenge).not.to.equal(options.challenge);
    });

    it('proves hwk by a key of one device, and swk by one that is synced', async () => {
      const parts = partsOf();
      for (const [device, method] of [
        ['single', 'hwk'],
        ['multi', 'swk'],
      ] as const) {
        const authenticator = new Authenticator(ORIGIN, device);
        await made(authenticator, parts);
        const use = await usePasskey(parts, undefined, authenticator.get(await asking(parts)), useFrom());
        expect(use.method).to.equal(method);
      }
    });

    const TWISTS: readonly (readonly [string, Twist])[] = [
      ['another origin', { origin: 'https://evil.example' }],
      ['a sibling of the origin', { origin: 'https://other.app.example' }],
      ['the origin over plain http', { origin: 'http://app.example' }],
      ['another relying party', { rpId: 'evil.example' }],
      ['a user who was not verified', { isVerified: false }],
      ['nobody', { isPresent: false }],
      ['another challenge', { challenge: 'AAAA' }],
      ['a broken signature', { isSignatureBroken: true }],
      ['the making of a passkey', { type: 'webauthn.create' }],
      ['no user handle', { userHandle: null }],
      ['the handle of another user', { userHandle: 'AAAA' }],
      ['another kind of device', { device: 'single' }],
      ['a frame in a page of another origin', { client: { crossOrigin: true } }],
      ['a frame whose word cannot be understood', { client: { crossOrigin: 'no' } }],
    ];
    for (const [what, twist] of TWISTS) {
      it(`refuses a response of ${what}, and spends nothing`, async () => {
        const parts = partsOf();
        const authenticator = new Authenticator(ORIGIN);
        const passkey = await made(authenticator, parts);
        const { size } = spent;
        const options = await asking(parts);
        const error = await caught(
          usePasskey(parts, undefined, authenticator.get(options, twist), useFrom()),
        );
        expect(error).to.be.instanceOf(BadCredentialsError);
        expect([spent.size, store.records.get(passkey.id)]).to.deep.equal([size, passkey]);
        // The challenge is still there for the right one.
        await usePasskey(parts, undefined, authenticator.get(options), useFrom());
      });
    }

    it('refuses a passkey that nobody has', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      const passkey = await made(authenticator, parts);
      store.records.delete(passkey.id);
      const error = await caught(
        usePasskey(parts, undefined, authenticator.get(await asking(parts)), useFrom()),
      );
      expect(error).to.be.instanceOf(BadCredentialsError);
    });

    it('counts a response once, of twelve at once and later', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      await made(authenticator, parts);
      const response = authenticator.get(await asking(parts));
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, () => usePasskey(parts, undefined, response, useFrom())),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      const error = await caught(usePasskey(parts, undefined, response, useFrom()));
      expect(error).to.be.instanceOf(BadCredentialsError);
    });

    it('counts a challenge once, whichever passkey signs it', async () => {
      const parts = partsOf();
      const [one, other] = [new Authenticator(ORIGIN), new Authenticator(ORIGIN)];
      await made(one, parts);
      await made(other, parts, BEN);
      const options = await asking(parts);
      await usePasskey(parts, undefined, one.get(options), useFrom());
      expect(await caught(usePasskey(parts, undefined, other.get(options), useFrom()))).to.be.instanceOf(
        BadCredentialsError,
      );
    });

    it('takes a challenge of one purpose for no other', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      await made(authenticator, parts);
      const forFactor = authenticator.get(await asking(parts, ANN));
      expect(await caught(usePasskey(parts, undefined, forFactor, useFrom()))).to.be.instanceOf(
        BadCredentialsError,
      );
      const forLogin = authenticator.get(await asking(parts));
      expect(await caught(usePasskey(parts, ANN, forLogin, useFrom()))).to.be.instanceOf(BadCredentialsError);
    });

    it('refuses a counter that is not larger, and says so: a copy of the passkey may be about', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN, 'single');
      const passkey = await made(authenticator, parts);
      const at = async (counter: number) =>
        caught(usePasskey(parts, undefined, authenticator.get(await asking(parts), { counter }), useFrom()));
      expect(await at(5)).to.equal(undefined);
      for (const counter of [5, 4, 0]) expect(await at(counter)).to.be.instanceOf(BadCredentialsError);
      expect(failed).to.deep.equal(Array(3).fill(['ann', 'hwk']));
      expect(await at(6)).to.equal(undefined);
      expect(store.records.get(passkey.id)).to.include({ counter: 6 });
    });

    it('compares the counter anew where another use came first', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN, 'single');
      const passkey = await made(authenticator, parts);
      const response = authenticator.get(await asking(parts), { counter: 5 });
      store.meanwhile = () => {
        store.meanwhile = () => undefined;
        store.records.set(passkey.id, { ...passkey, counter: 5 });
      };
      expect(await caught(usePasskey(parts, undefined, response, useFrom()))).to.be.instanceOf(
        BadCredentialsError,
      );
      store.meanwhile = () => {
        store.meanwhile = () => undefined;
        store.records.set(passkey.id, { ...passkey, counter: 8 });
      };
      const later = authenticator.get(await asking(parts), { counter: 9 });
      await usePasskey(parts, undefined, later, useFrom());
      expect(store.records.get(passkey.id)).to.include({ counter: 9 });
    });

    it('is 503 where others change the passkey each time, and 401 where it was removed', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN, 'single');
      const passkey = await made(authenticator, parts);
      let counter = 0;
      store.meanwhile = () => void store.records.set(passkey.id, { ...passkey, counter: ++counter });
      const response = authenticator.get(await asking(parts), { counter: 100 });
      expect(await caught(usePasskey(parts, undefined, response, useFrom()))).to.be.instanceOf(
        ServiceUnavailableError,
      );
      store.meanwhile = () => void store.records.delete(passkey.id);
      const next = authenticator.get(await asking(parts), { counter: 200 });
      expect(await caught(usePasskey(parts, undefined, next, useFrom()))).to.be.instanceOf(
        BadCredentialsError,
      );
    });

    it('counts failures for the address alone, and a passkey that was used there by itself', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      await made(authenticator, parts);
      const right = async (ip: string) =>
        caught(usePasskey(parts, undefined, authenticator.get(await asking(parts)), useFrom(ip)));
      expect(await right('203.0.113.1')).to.equal(undefined);
      const options = await asking(parts);
      let wrong = 0;
      for (let count = 0; count < 120; count += 1) {
        const foreign = new Authenticator(ORIGIN);
        foreign.create({ ...(await making(parts)), user: { id: 'AAAA', name: '', displayName: '' } });
        const error = await caught(
          usePasskey(parts, undefined, foreign.get(options), useFrom('203.0.113.1')),
        );
        if (error instanceof BadCredentialsError) wrong += 1;
        else expect(error).to.be.instanceOf(ThrottledError);
      }
      expect(wrong).to.be.within(99, 101);
      expect(await right('203.0.113.1')).to.equal(undefined);
      expect(await right('203.0.113.2')).to.equal(undefined);
    });

    it('counts nothing where a store cannot say, and nothing that is no response', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      await made(authenticator, parts);
      for (let count = 0; count < 110; count += 1) {
        const error = await caught(usePasskey(parts, undefined, { id: 'AAAA' }, useFrom()));
        expect(error).to.be.instanceOf(InvalidRequestError);
      }
      store.isDown = true;
      const response = authenticator.get(await asking(parts));
      for (let count = 0; count < 110; count += 1) {
        const error = await caught(usePasskey(parts, undefined, response, useFrom()));
        expect(error).to.be.instanceOf(SecurityFaultError);
      }
      store.isDown = false;
      await usePasskey(parts, undefined, response, useFrom());
    });
  });

  describe('of a second factor', () => {
    it("asks for the user's own passkeys, and takes no other's", async () => {
      const parts = partsOf();
      const [own, foreign] = [new Authenticator(ORIGIN), new Authenticator(ORIGIN)];
      const passkey = await made(own, parts);
      await made(foreign, parts, BEN);
      const options = await asking(parts, ANN);
      expect(options.allowCredentials).to.deep.equal([
        { type: 'public-key', id: passkey.id, transports: ['hybrid', 'internal'] },
      ]);
      const any = { ...options, allowCredentials: [] };
      expect(await caught(usePasskey(parts, ANN, foreign.get(any), useFrom()))).to.be.instanceOf(
        BadCredentialsError,
      );
      expect(failed).to.deep.equal([['ann', 'passkey']]);
      // Authenticators of before passkeys keep no handle.
      const response = own.get(options, { userHandle: null });
      expect(await usePasskey(parts, ANN, response, useFrom())).to.include({ method: 'swk' });
    });

    it('does not know the passkeys of a former user of the name, or of another store', async () => {
      const parts = partsOf();
      const authenticator = new Authenticator(ORIGIN);
      await made(authenticator, parts);
      for (const owner of [
        { ...ANN, userId: '9' },
        { ...ANN, userId: undefined },
        { ...ANN, userstore: 'Other' },
      ]) {
        expect(await service().isEnrolled(owner)).to.equal(false);
        expect(await caught(asking(parts, owner))).to.be.instanceOf(InvalidRequestError);
      }
      expect(await service().isEnrolled(ANN)).to.equal(true);
    });
  });

  const STORES: readonly (readonly [string, () => Promise<PasskeyServiceOptions['store']>])[] = [
    ['MemoryFactors', () => Promise.resolve(new MemoryFactors())],
    [
      'SqlFactors',
      async () => {
        const client = new SqliteClient(':memory:');
        await migrate(client);
        return new SqlFactors({ client });
      },
    ],
  ];
  for (const [name, make] of STORES) {
    it(`are kept by ${name}, and of twelve uses at once each counter counts once`, async () => {
      const parts = partsOf({ store: await make() });
      const authenticator = new Authenticator(ORIGIN, 'single');
      const passkey = await made(authenticator, parts);
      const options = await Promise.all(Array.from({ length: 12 }, () => asking(parts, ANN)));
      const results = await Promise.allSettled(
        options.map((one) => usePasskey(parts, ANN, authenticator.get(one, { counter: 5 }), useFrom())),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      for (const counter of [6, 7]) {
        const response = authenticator.get(await asking(parts), { counter });
        await usePasskey(parts, undefined, response, useFrom());
      }
      const [kept] = await parts.stored.list(ANN);
      expect(kept).to.deep.include({
        id: passkey.id,
        counter: 7,
        createdAt: new Date(now),
        lastUsedAt: new Date(now),
      });
      expect(await parts.stored.remove(ANN, passkey.id)).to.equal(true);
      expect(await parts.stored.list(ANN)).to.deep.equal([]);
    });
  }

  it('believes no store that answers otherwise than agreed', async () => {
    const parts = partsOf();
    const authenticator = new Authenticator(ORIGIN);
    const passkey = await made(authenticator, parts);
    for (const change of [
      { counter: -1 },
      { counter: '0' },
      { publicKey: '' },
      { publicKey: '===' },
      { device: 'both' },
      { user: { username: '' } },
      { user: null },
      { createdAt: 'now' },
      { createdAt: new Date(NaN) },
      { lastUsedAt: null },
      { transports: null },
      { id: 'AAAA' },
    ]) {
      store.records.set(passkey.id, { ...passkey, ...change } as typeof passkey);
      const response = authenticator.get({ ...(await asking(parts)), allowCredentials: [] });
      const error = await caught(usePasskey(parts, undefined, response, useFrom()));
      expect(error, inspect(change)).to.be.instanceOf(SecurityFaultError);
    }
  });

  it('says nothing of challenges, keys and secrets in what it throws and shows', async () => {
    const parts = partsOf();
    const authenticator = new Authenticator(ORIGIN);
    const passkey = await made(authenticator, parts);
    const options = await asking(parts);
    const thrown: unknown[] = [];
    for (const twist of [
      { origin: 'https://evil.example' },
      { isVerified: false },
      { type: 'x' },
      { rpId: 'x' },
    ]) {
      thrown.push(await caught(usePasskey(parts, undefined, authenticator.get(options, twist), useFrom())));
    }
    const shown = inspect([service(), thrown, thrown.map((error) => JSON.stringify(error))], { depth: 9 });
    for (const secret of [SECRET, options.challenge, passkey.publicKey, passkey.userHandle]) {
      expect(shown).not.to.contain(secret);
    }
  });
});
