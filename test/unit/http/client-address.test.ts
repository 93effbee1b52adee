import { inspect } from 'node:util';
import { expect } from 'chai';
import { clientFinder, isLoopback, type TrustProxy } from '../../../src/http/client-address';
import { ConfigurationError } from '../../../src/errors';
import { rawRequest } from './raw';

interface Case {
  peer?: string | undefined;
  forwarded?: string;
  ip: string;
}

function find(
  trustProxy: TrustProxy | undefined,
  peer: string | undefined,
  headers: Record<string, string> = {},
) {
  const lines = Object.entries(headers);
  return clientFinder(trustProxy)(rawRequest({ peer, lines }));
}

describe('clientFinder', () => {
  const PRIVATE = ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'];
  const table: [TrustProxy | undefined, ...Case[]][] = [
    [undefined, { forwarded: '1.1.1.1', ip: '10.0.0.1' }, { ip: '10.0.0.1' }],
    [0, { forwarded: '1.1.1.1', ip: '10.0.0.1' }],
    [[], { forwarded: '1.1.1.1', ip: '10.0.0.1' }],
    [
      1,
      { forwarded: '1.1.1.1', ip: '1.1.1.1' },
      { forwarded: 'forged, 1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9,  1.1.1.1 ', ip: '1.1.1.1' },
      { forwarded: '2001:db8::1', ip: '2001:db8::1' },
      { forwarded: '::ffff:1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '::FFFF:1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '', ip: '10.0.0.1' },
      { forwarded: ',', ip: '10.0.0.1' },
      { forwarded: 'unknown', ip: '10.0.0.1' },
      { forwarded: '1.1.1.1:80', ip: '1.1.1.1' },
      { forwarded: '1.1.1.1:65535', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9:1, 1.1.1.1:2', ip: '1.1.1.1' },
      { forwarded: '[2001:db8::1]', ip: '2001:db8::1' },
      { forwarded: '[2001:db8::1]:567', ip: '2001:db8::1' },
      { forwarded: '2001:DB8:0:0::1', ip: '2001:db8::1' },
      { forwarded: '2001:0db8:0000:0000:0000:0000:0000:0001', ip: '2001:db8::1' },
      { forwarded: '[2001:DB8::1]:567', ip: '2001:db8::1' },
      { forwarded: 'fe80::1%eth0', ip: 'fe80::1' },
      { forwarded: '[fe80::1%25eth0]:567', ip: 'fe80::1' },
      { forwarded: '[::ffff:1.1.1.1]:567', ip: '1.1.1.1' },
      { forwarded: '::ffff:101:101', ip: '1.1.1.1' },
      { forwarded: '0:0:0:0:0:FFFF:1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '::1.1.1.1', ip: '::101:101' },
      ...[
        '1.1.1.1:', '1.1.1.1:x', '1.1.1.1:-1', '1.1.1.1:65536', '1.1.1.1:123456', '1.1.1.1:80:80', ':80', '[', '[]',
        '[]:80', '[1.1.1.1]', '[1.1.1.1]:80', '[2001:db8::1', '2001:db8::1]', '[2001:db8::1]x', '[2001:db8::1]:',
        '[2001:db8::1]:65536', '[[2001:db8::1]]', '"1.1.1.1:80"', '1.1.1.1%eth0', '1.1.1', '01.1.1.1', '1.1.1.1 9.9.9.9',
        '256.1.1.1:80', '2001:db8::1::', '_hidden', '_hidden:80', 'unknown:80', 'proxy.example:80', '%eth0',
        `fe80::1%${'x'.repeat(200)}`, `${'1'.repeat(10_000)}:80`, `[${'1:'.repeat(5000)}]`,
      ].map((forwarded) => ({ forwarded, ip: '10.0.0.1' })), // prettier-ignore
      { forwarded: '1.1.1.1\u001b[31m', ip: '10.0.0.1' },
    ],
    [
      2,
      { forwarded: '9.9.9.9, 1.1.1.1, 10.0.0.2', ip: '1.1.1.1' },
      { forwarded: '1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, 1.1.1.1:80, 10.0.0.2:443', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, [2001:db8::1]:80, 10.0.0.2', ip: '2001:db8::1' },
      { forwarded: '1.1.1.1, nonsense', ip: '10.0.0.1' },
      { forwarded: '1.1.1.1, ', ip: '10.0.0.1' },
      { forwarded: 'nonsense, 10.0.0.2', ip: '10.0.0.2' },
    ],
    [
      PRIVATE,
      { forwarded: '1.1.1.1', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, 1.1.1.1, 10.9.9.9', ip: '1.1.1.1' },
      { forwarded: '10.0.0.3, 10.0.0.2', ip: '10.0.0.3' },
      { forwarded: '9.9.9.9, 1.1.1.1:80, 10.9.9.9:443', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, 1.1.1.1, [FD00::5]:443', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, 1.1.1.1, ::ffff:10.9.9.9', ip: '1.1.1.1' },
      { forwarded: '9.9.9.9, 10.0.0.3:65536, 10.0.0.2', ip: '10.0.0.2' },
      { peer: '8.8.8.8', forwarded: '1.1.1.1:80, 10.0.0.1:80', ip: '8.8.8.8' },
      { peer: '8.8.8.8', forwarded: '1.1.1.1', ip: '8.8.8.8' },
      { peer: '8.8.8.8', forwarded: '1.1.1.1, 10.0.0.1', ip: '8.8.8.8' },
      { peer: '::ffff:10.1.2.3', forwarded: '1.1.1.1', ip: '1.1.1.1' },
      { peer: '192.0.2.7', forwarded: '1.1.1.1', ip: '1.1.1.1' },
      { peer: '192.0.2.8', forwarded: '1.1.1.1', ip: '192.0.2.8' },
      { peer: 'fd12::1', forwarded: '2001:db8::1', ip: '2001:db8::1' },
      { peer: 'fe80::1%eth0', forwarded: '2001:db8::1', ip: 'fe80::1%eth0' },
      { peer: undefined, forwarded: '1.1.1.1', ip: '' },
    ],
  ];
  for (const [trustProxy, ...cases] of table) {
    for (const one of cases) {
      const peer = 'peer' in one ? one.peer : '10.0.0.1';
      const forwarded: Record<string, string> =
        one.forwarded === undefined ? {} : { 'X-Forwarded-For': one.forwarded };
      it(`is ${one.ip} for ${String(peer)} with ${JSON.stringify(forwarded).slice(0, 80)} trusting ${String(trustProxy)}`, () => {
        expect(find(trustProxy, peer, forwarded).ip).to.equal(one.ip);
      });
    }
  }

  it('reads several lines as one list', () => {
    const lines: [string, string][] = [
      ['X-Forwarded-For', '9.9.9.9'],
      ['x-forwarded-for', '1.1.1.1:80, 10.0.0.3'],
      ['X-FORWARDED-FOR', '10.0.0.2'],
    ];
    const raw = rawRequest({ peer: '10.0.0.1', lines });
    expect(clientFinder(1)(raw).ip).to.equal('10.0.0.2');
    expect(clientFinder(3)(raw).ip).to.equal('1.1.1.1');
    expect(clientFinder(['10.0.0.0/8'])(raw).ip).to.equal('1.1.1.1');
  });

  it('reads no more of a list than it trusts', () => {
    const forwarded = `${'10.9.9.9, '.repeat(1000)}1.1.1.1`;
    expect(find(1, '10.0.0.1', { 'X-Forwarded-For': forwarded }).ip).to.equal('1.1.1.1');
    expect(find(['10.0.0.0/8'], '10.0.0.1', { 'X-Forwarded-For': forwarded }).ip).to.equal('1.1.1.1');
  });

  describe('when the client has gone', () => {
    const gone = (raw: ReturnType<typeof rawRequest>, remoteAddress: string | undefined) => {
      (raw.socket as unknown as { remoteAddress: string | undefined }).remoteAddress = remoteAddress;
    };

    for (const nothing of [undefined, '']) {
      it(`remembers the address that it saw, where the socket says ${inspect(nothing)}`, () => {
        const raw = rawRequest({ peer: '::ffff:10.0.0.1', lines: [['X-Forwarded-For', '1.1.1.1']] });
        const seen = [0, 1, ['10.0.0.0/8']].map((trust) => clientFinder(trust)(raw));
        gone(raw, nothing);
        expect([0, 1, ['10.0.0.0/8']].map((trust) => clientFinder(trust)(raw))).to.deep.equal(seen);
        expect(seen.map(({ ip }) => ip)).to.deep.equal(['10.0.0.1', '1.1.1.1', '1.1.1.1']);
      });
    }

    it('remembers nothing of another socket', () => {
      clientFinder(0)(rawRequest({ peer: '10.0.0.1' }));
      expect(clientFinder(0)(rawRequest({ peer: undefined })).ip).to.equal('');
    });

    it('trusts no forwarded address where it never saw the peer and networks are trusted', () => {
      const raw = rawRequest({ peer: undefined, lines: [['X-Forwarded-For', '1.1.1.1']] });
      expect(clientFinder(['0.0.0.0/0', '::/0'])(raw)).to.deep.include({ ip: '', secure: false });
    });
  });

  it('looks at no other header', () => {
    const headers = { Forwarded: 'for=1.1.1.1', 'X-Real-IP': '1.1.1.1', X_Forwarded_For: '1.1.1.1' };
    expect(find(1, '10.0.0.1', headers).ip).to.equal('10.0.0.1');
  });

  describe('finds out about TLS', () => {
    const secure: [TrustProxy | undefined, peer: string, headers: Record<string, string>, boolean][] = [
      [undefined, '10.0.0.1', { 'X-Forwarded-Proto': 'https' }, false],
      [1, '10.0.0.1', { 'X-Forwarded-Proto': 'https' }, true],
      [1, '10.0.0.1', { 'X-Forwarded-Proto': 'HTTPS', 'X-Forwarded-For': '1.1.1.1' }, true],
      [1, '10.0.0.1', { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-For': '1.1.1.1' }, false],
      [2, '10.0.0.1', { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-For': '1.1.1.1, 10.0.0.2' }, true],
      [1, '10.0.0.1', {}, false],
      [['10.0.0.0/8'], '10.0.0.1', { 'X-Forwarded-Proto': 'https' }, true],
      [['10.0.0.0/8'], '8.8.8.8', { 'X-Forwarded-Proto': 'https' }, false],
      [1, '10.0.0.1', { 'X-Forwarded-Proto': 'httpsx' }, false],
    ];
    for (const [trustProxy, peer, headers, expected] of secure) {
      it(`is ${String(expected)} for ${peer} with ${JSON.stringify(headers)} trusting ${String(trustProxy)}`, () => {
        expect(find(trustProxy, peer, headers).secure).to.equal(expected);
      });
    }

    it("is true over the socket's own TLS", () => {
      const request = rawRequest({ encrypted: true, lines: [['X-Forwarded-Proto', 'http']] });
      expect(clientFinder(1)(request).secure).to.be.true;
    });
  });

  const invalid: unknown[] = [
    true, false, null, -1, 1.5, NaN, Infinity, '1', '10.0.0.0/8', {}, [''], ['10.0.0.0/33'], ['::/129'],
    ['10.0.0.0/'], ['10.0.0.0/-1'], ['10.0.0.0/8/8'], ['10.0.0.0/8x'], ['10.0.0.0/1e1'], ['10.0.0'], ['010.0.0.0/8'],
    ['proxy.example'], ['loopback'], [null], [10], [['10.0.0.0/8']],
  ]; // prettier-ignore
  for (const value of invalid) {
    it(`refuses ${JSON.stringify(value)} as trustProxy`, () => {
      expect(() => clientFinder(value as TrustProxy)).to.throw(ConfigurationError, /^trustProxy: /);
    });
  }
});

describe('isLoopback', () => {
  for (const ip of ['127.0.0.1', '127.255.255.254', '::1']) {
    it(`is true for ${ip}`, () => {
      expect(isLoopback(ip)).to.be.true;
    });
  }
  for (const ip of [
    '',
    '10.0.0.1',
    '128.0.0.1',
    '::2',
    'localhost',
    '127.0.0.1.evil.example',
    'fe80::1%lo',
  ]) {
    it(`is false for '${ip}'`, () => {
      expect(isLoopback(ip)).to.be.false;
    });
  }
});
