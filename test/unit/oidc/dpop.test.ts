import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { ServiceUnavailableError, TokenInvalidError } from '../../../src/errors';
import { DpopProofs } from '../../../src/oidc/dpop';
import { DpopNonces } from '../../../src/oidc/dpop-nonces';
import type { DpopSettings } from '../../../src/oidc/dpop-options';
import { DpopProofError } from '../../../src/oidc/dpop-proof-error';
import { MemoryProofStore } from '../../../src/oidc/proof-store';
import { requestUrl, sameUrlForm } from '../../../src/oidc/request-url';
import { type Changes, DpopClient } from '../../support/dpop-client';

const NOW = 1_700_000_000;
const TOKEN = 'header.payload.signature';
const SECRET = Buffer.alloc(32, 7);

describe('DpopProofs', () => {
  let now: number;
  let recorded: [id: string, expiresAt: Date][];
  const clock = () => now * 1000;
  const client = new DpopClient();

  beforeEach(() => {
    now = NOW;
    recorded = [];
  });

  const create = (more: Partial<DpopSettings> = {}) => {
    const store = new MemoryProofStore({ clock });
    const replays = {
      add: (id: string, expiresAt: Date) => {
        recorded.push([id, expiresAt]);
        return store.add(id, expiresAt);
      },
    };
    return new DpopProofs(
      {
        origin: 'https://api.example/v1',
        required: false,
        algorithms: ['ES256', 'EdDSA', 'PS256', 'RS256'],
        maxAgeSeconds: 60,
        nonce: undefined,
        replays,
        ...more,
      },
      clock,
    );
  };
  const requestOf = async (by = client) => ({
    method: 'GET',
    path: '/notes/1',
    token: TOKEN,
    jkt: await by.jkt,
  });
  const make = (changes: Changes = {}, by = client) =>
    by.proof({ htm: 'GET', htu: 'https://api.example/v1/notes/1', iat: now }, TOKEN, changes);
  const check = async (proof: string | undefined, proofs = create(), more: object = {}) =>
    proofs.check(proof, { ...(await requestOf()), ...more });
  const failure = async (promise: Promise<unknown>): Promise<DpopProofError> => {
    const error: unknown = await promise.then(
      () => new Error('it was taken'),
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(DpopProofError);
    return error as DpopProofError;
  };

  for (const algorithm of ['ES256', 'EdDSA', 'RS256', 'PS256'] as const) {
    it(`takes a proof by ${algorithm}`, async () => {
      const other = new DpopClient(algorithm);
      expect(await create().check(await make({}, other), await requestOf(other))).to.equal(undefined);
    });
  }

  it('takes what is another text of the same URL', async () => {
    for (const htu of [
      'HTTPS://API.Example:443/v1/notes/1',
      'https://api.example/v1/notes/1?page=2#top',
      'https://api.example/v1/%6eotes/%31',
      'https://api.example/v1/x/../notes/./1',
    ]) {
      await check(await make({ claims: { htu } }));
    }
  });

  const wrong: Readonly<Record<string, Changes>> = {
    'another type': { header: { typ: 'JWT' } },
    'no type': { header: { typ: undefined } },
    'a list of types': { header: { typ: ['dpop+jwt'] } },
    'an extension': { header: { crit: ['b64'], b64: true } },
    'compressed text': { header: { zip: 'DEF' } },
    'no key': { header: { jwk: undefined } },
    'a key that is null': { header: { jwk: null } },
    'a private key': { header: { jwk: client.privateKey.export({ format: 'jwk' }) } },
    'a symmetric key': { header: { jwk: { kty: 'oct', k: 'AAAA' } } },
    'a key for something else': { header: { jwk: { ...client.jwk, use: 'enc' } } },
    'a key that cannot be read': { header: { jwk: { ...client.jwk, x: 'AA' } } },
    'a key of another algorithm': { header: { jwk: new DpopClient('EdDSA').jwk } },
    'the signature of another key': { signer: new DpopClient().privateKey },
    'another method': { claims: { htm: 'POST' } },
    'the method in lower case': { claims: { htm: 'get' } },
    'no method': { claims: { htm: undefined } },
    'a list of methods': { claims: { htm: ['GET'] } },
    'another host': { claims: { htu: 'https://evil.example/v1/notes/1' } },
    'another scheme': { claims: { htu: 'http://api.example/v1/notes/1' } },
    'another port': { claims: { htu: 'https://api.example:8443/v1/notes/1' } },
    'another path': { claims: { htu: 'https://api.example/v1/notes/2' } },
    'the path with another case': { claims: { htu: 'https://api.example/v1/Notes/1' } },
    'the path with a slash at its end': { claims: { htu: 'https://api.example/v1/notes/1/' } },
    'the path without what the proxy strips': { claims: { htu: 'https://api.example/notes/1' } },
    'a path alone': { claims: { htu: '/notes/1' } },
    'a user before the host': { claims: { htu: 'https://api.example@api.example/v1/notes/1' } },
    'a backslash': { claims: { htu: 'https:\\\\api.example\\v1\\notes\\1' } },
    'white space': { claims: { htu: ' https://api.example/v1/notes/1' } },
    'no URL': { claims: { htu: undefined } },
    'a list of URLs': { claims: { htu: ['https://api.example/v1/notes/1'] } },
    'a time too long ago': { claims: { iat: NOW - 60.001 } },
    'a time too far ahead': { claims: { iat: NOW + 60.001 } },
    'no time': { claims: { iat: undefined } },
    'a time that is null': { claims: { iat: null } },
    'a time as a text': { claims: { iat: String(NOW) } },
    'no hash of the token': { claims: { ath: undefined } },
    'the hash of another token': { claims: { ath: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
    'the token in place of its hash': { claims: { ath: TOKEN } },
    'no id': { claims: { jti: undefined } },
    'an empty id': { claims: { jti: '' } },
    'an id that is a number': { claims: { jti: 1 } },
    'an id that is too long': { claims: { jti: 'x'.repeat(257) } },
    'so much that it is too long': { claims: { more: 'x'.repeat(8192) } },
  };
  for (const [what, changes] of Object.entries(wrong)) {
    it(`refuses a proof with ${what}, and records nothing`, async () => {
      expect((await failure(check(await make(changes)))).error).to.equal('invalid_dpop_proof');
      expect(recorded).to.deep.equal([]);
    });
  }

  it('takes a time that is as far from now as it may be, and an id of 256 characters', async () => {
    for (const iat of [NOW - 60, NOW + 60]) await check(await make({ claims: { iat } }));
    await check(await make({ claims: { jti: 'x'.repeat(256) } }));
  });

  it('refuses what is no proof', async () => {
    const proof = await make();
    const [header = '', payload = '', signature = ''] = proof.split('.');
    for (const text of [
      undefined,
      '',
      '..',
      `${proof}, ${proof}`,
      `${proof},${await make()}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${proof}=`,
      ` ${proof}`,
      `${header}.${payload}.${signature.slice(1)}`,
      `e30.${payload}.${signature}`,
      `${header}.e30.${signature}`,
      `bnVsbA.${payload}.${signature}`,
      `${proof}.${signature}.${signature}`,
    ]) {
      await failure(check(text));
    }
    expect(recorded).to.deep.equal([]);
  });

  it('refuses algorithms that the options do not have, and never none or a symmetric one', async () => {
    await failure(check(await make(), create({ algorithms: ['EdDSA'] })));
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, payload = ''] = (await make()).split('.');
    for (const alg of ['none', 'HS256', ['ES256'], undefined]) {
      await failure(check(`${encode({ typ: 'dpop+jwt', alg, jwk: client.jwk })}.${payload}.AAAA`));
    }
  });

  it('refuses an RSA key that takes long to verify with', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 4104 });
    const changes = { header: { jwk: pair.publicKey.export({ format: 'jwk' }) }, signer: pair.privateKey };
    await failure(check(await make(changes, new DpopClient('RS256'))));
  });

  it('takes a token that is bound to another key for invalid, and records nothing', async () => {
    const other = new DpopClient();
    const error: unknown = await check(await make({}, other)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TokenInvalidError);
    expect(recorded).to.deep.equal([]);
  });

  it('takes a proof once, of 50 at once too', async () => {
    const proofs = create();
    const proof = await make();
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => check(proof, proofs)));
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    for (const at of [NOW - 59, NOW + 60]) {
      now = at;
      await failure(check(proof, proofs));
    }
  });

  it('takes no proof twice as long as it is good, whenever it comes', async () => {
    const proofs = create();
    const proof = await make({ claims: { iat: NOW + 60 } });
    await check(proof, proofs);
    now = NOW + 120;
    await failure(check(proof, proofs));
  });

  it('records a hash of key and id, for twice as long as a proof is good', async () => {
    const proofs = create();
    const jti = 'secret-id';
    await check(await make({ claims: { jti } }), proofs);
    const other = new DpopClient();
    await proofs.check(await make({ claims: { jti } }, other), await requestOf(other));
    const [[one, until], [two]] = recorded as [[string, Date], [string, Date]];
    expect(one)
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(two);
    expect(until.getTime()).to.be.within((NOW + 120) * 1000, (NOW + 121) * 1000);
  });

  for (const answer of [false, undefined, null, 1, 'true', {}, Promise.resolve('OK')]) {
    it(`refuses where the store tells ${answer instanceof Promise ? 'OK later' : JSON.stringify(answer)}`, async () => {
      await failure(check(await make(), create({ replays: { add: () => answer as never } })));
    });
  }

  it('is unavailable where the store is', async () => {
    const replays = { add: () => Promise.reject(new ServiceUnavailableError()) };
    const error: unknown = await check(await make(), create({ replays })).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
  });

  it('refuses everything under a broken clock', async () => {
    const proof = await make();
    now = NaN;
    await failure(check(proof));
  });

  describe('with a nonce', () => {
    const nonce = { secret: createSecretKey(SECRET), seconds: 300 };
    // The middle of a window.
    const START = 300 * 5_000_000 + 150;
    beforeEach(() => (now = START));
    const present = () => new DpopNonces(nonce, clock).present;

    it('asks for one where there is none or another, and tells it', async () => {
      for (const given of [undefined, '', 'x', 1, null, [present()], `${present()}x`]) {
        const error = await failure(check(await make({ claims: { nonce: given } }), create({ nonce })));
        expect(error).to.deep.include({ error: 'use_dpop_nonce', nonce: present() });
      }
      expect(recorded).to.deep.equal([]);
      expect(await check(await make({ claims: { nonce: present() } }), create({ nonce }))).to.equal(
        undefined,
      );
    });

    it('takes the last one too, with the present one for the reply, and none before it', async () => {
      const old = present();
      now += 300;
      expect(await check(await make({ claims: { nonce: old } }), create({ nonce }))).to.equal(present());
      now += 300;
      const error = await failure(check(await make({ claims: { nonce: old } }), create({ nonce })));
      expect(error.error).to.equal('use_dpop_nonce');
    });

    it('takes no nonce of another secret, or of the time to come', async () => {
      const other = new DpopNonces({ secret: createSecretKey(Buffer.alloc(32, 8)), seconds: 300 }, clock)
        .present;
      now += 300;
      const next = present();
      now -= 300;
      for (const given of [other, next]) {
        await failure(check(await make({ claims: { nonce: given } }), create({ nonce })));
      }
    });

    it('says nothing of a nonce where something before it is wrong', async () => {
      const error = await failure(check(await make({ claims: { iat: 0 } }), create({ nonce })));
      expect(error).to.deep.include({ error: 'invalid_dpop_proof', nonce: undefined });
    });
  });
});

describe('sameUrlForm', () => {
  const same: [one: string, other: string][] = [
    ['https://api.example', 'https://api.example/'],
    ['https://api.example:443/a', 'https://api.example/a'],
    ['http://127.0.0.1:80/a', 'http://127.0.0.1/a'],
    ['https://API.example/a', 'https://api.EXAMPLE/a'],
    ['https://api.example/%7euser', 'https://api.example/~user'],
    ['https://api.example/a%2fb', 'https://api.example/a%2Fb'],
    ['https://api.example/a|b^c', 'https://api.example/a%7Cb%5Ec'],
    ['https://api.example/a?x=1', 'https://api.example/a'],
    ['https://api.example/a#x', 'https://api.example/a'],
    ['https://api.example/a/%2e%2E/b', 'https://api.example/b'],
    ['https://[::1]:443/a', 'https://[0:0::1]/a'],
  ];
  for (const [one, other] of same) {
    it(`has one form for ${one} and ${other}`, () => {
      expect(sameUrlForm(one)).to.be.a('string').and.equal(sameUrlForm(other));
    });
  }

  const different: [one: string, other: string][] = [
    ['https://api.example/a%2Fb', 'https://api.example/a/b'],
    ['https://api.example/a%252Fb', 'https://api.example/a%2Fb'],
    ['https://api.example/a%3Fb', 'https://api.example/a?b'],
    ['https://api.example/a%23b', 'https://api.example/a#b'],
    ['https://api.example/a%20b', 'https://api.example/a+b'],
    ['https://api.example/A', 'https://api.example/a'],
    ['https://api.example/a', 'https://api.example/a/'],
    ['https://api.example//a', 'https://api.example/a'],
    ['https://api.example/a', 'http://api.example/a'],
    ['https://api.example/a;v=1', 'https://api.example/a'],
  ];
  for (const [one, other] of different) {
    it(`tells ${one} from ${other}`, () => {
      expect(sameUrlForm(one)).to.be.a('string').and.not.equal(sameUrlForm(other));
    });
  }

  it('has none for what is no web URL', () => {
    for (const text of [
      '',
      '/a',
      'ftp://api.example/a',
      'https:api.example',
      'https:///a',
      'https://a:b@api.example/',
      'https://api.example/a b',
      'https://api.example/ä',
      'https://api.example/\n',
      'https://api.example\\a',
      'https://api.example/%',
      'https://api.example/%zz',
      'https://api.example:99999/',
      'javascript:https://api.example/',
    ]) {
      expect(sameUrlForm(text), text).to.equal(undefined);
    }
  });

  it('changes nothing more in what it has formed', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const form = sameUrlForm(url);
        expect(form === undefined || sameUrlForm(form) === form).to.equal(true);
      }),
    );
  });
});

describe('requestUrl', () => {
  it('is the origin with the path', () => {
    expect(requestUrl('https://api.example/v1', '/notes/1')).to.equal('https://api.example/v1/notes/1');
    expect(requestUrl('https://api.example', '//evil.example/a')).to.equal(
      'https://api.example//evil.example/a',
    );
    expect(requestUrl('https://api.example', '/.a/..b/c./...')).to.equal('https://api.example/.a/..b/c./...');
  });

  it('is none for a path that could be read as something else', () => {
    for (const path of [
      '',
      '*',
      'http://evil.example/',
      '@evil.example/',
      '.evil.example/',
      ':1/',
      '/a#b',
      '/a?b',
      '/a\\b',
      '/ä',
      '/..',
      '/a/./b',
      '/../b',
      '/a/%2E%2e/b',
      '/a/.%2e',
    ]) {
      expect(requestUrl('https://api.example', path), path).to.equal(undefined);
    }
  });
});
