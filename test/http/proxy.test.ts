import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ConfigurationError, createSecurity, type SecurityOptions, type TrustProxy } from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

const HTTPS_REQUIRED = { name: 'HttpsRequiredError', code: 'https_required', message: 'Access Denied' };
const BASIC = { authorization: 'Basic YTpi' };

for (const driver of DRIVERS) {
  describe(`Proxies in front of ${driver.name}`, () => {
    beforeEach(reset);

    /** The address and security of the connection as a provider sees them. */
    async function clientOf(
      trustProxy: TrustProxy | undefined,
      headers: Record<string, string>,
    ): Promise<[ip: string, secure: boolean]> {
      let seen: [string, boolean] | undefined;
      await using api = await startApi(driver, {
        security: {
          ...(trustProxy !== undefined && { trustProxy }),
          providers: [provider('p', ({ ip, secure }) => ((seen = [ip, secure]), { username: 'ann' }))],
        },
      });
      expect((await api.get('/guarded', headers)).status).to.equal(200);
      const [event] = api.events;
      expect(event).to.include({ type: 'authenticated', ip: seen?.[0] });
      return seen!;
    }
    const forwarded = (value: string) => ({ 'x-forwarded-for': value });

    it('are not believed when none is trusted', async () => {
      const headers = { ...forwarded('203.0.113.9'), 'x-forwarded-proto': 'https', forwarded: 'for=1.2.3.4' };
      expect(await clientOf(undefined, headers)).to.deep.equal(['127.0.0.1', false]);
      expect(await clientOf(0, headers)).to.deep.equal(['127.0.0.1', false]);
      expect(await clientOf([], headers)).to.deep.equal(['127.0.0.1', false]);
      expect(await clientOf(['10.0.0.0/8'], headers)).to.deep.equal(['127.0.0.1', false]);
    });

    it('are believed as far as their number, counted from the nearest', async () => {
      const chain = forwarded('6.6.6.6, 203.0.113.9, 10.0.0.1');
      expect((await clientOf(1, chain))[0]).to.equal('10.0.0.1');
      expect((await clientOf(2, chain))[0]).to.equal('203.0.113.9');
      expect((await clientOf(3, chain))[0]).to.equal('6.6.6.6');
      expect((await clientOf(9, chain))[0]).to.equal('6.6.6.6');
      expect((await clientOf(1, {}))[0]).to.equal('127.0.0.1');
    });

    it('are believed as far as their networks reach', async () => {
      const networks = ['127.0.0.0/8', '10.0.0.0/8', '2001:db8::/32'];
      for (const [value, ip] of [
        ['203.0.113.9', '203.0.113.9'],
        ['6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
        ['6.6.6.6, 203.0.113.9, 2001:db8::1, 10.1.2.3', '203.0.113.9'],
        ['10.1.2.3', '10.1.2.3'],
        ['6.6.6.6,::ffff:203.0.113.9', '203.0.113.9'],
        ['6.6.6.6, ::ffff:10.9.9.9', '6.6.6.6'],
      ] as const) {
        expect((await clientOf(networks, forwarded(value)))[0], value).to.equal(ip);
      }
    });

    it('stop at what is no address', async () => {
      for (const value of ['unknown', '', ',', '203.0.113.9, _hidden', '1.2.3.4:port', "'; DROP TABLE"]) {
        expect((await clientOf(['127.0.0.1'], forwarded(value)))[0], value).to.equal('127.0.0.1');
      }
    });

    it('may put the port behind the address, and IPv6 into brackets', async () => {
      for (const [value, ip] of [
        ['203.0.113.66:50123', '203.0.113.66'],
        ['6.6.6.6, [2001:DB8::7]:50123', '2001:db8::7'],
        ['6.6.6.6, [2001:db8::7]', '2001:db8::7'],
        ['6.6.6.6, ::ffff:203.0.113.66', '203.0.113.66'],
      ] as const) {
        for (const trustProxy of [1, ['127.0.0.1']]) {
          expect((await clientOf(trustProxy, forwarded(value)))[0], value).to.equal(ip);
        }
      }
    });

    it('may write several lines', async () => {
      const lines = { 'x-forwarded-for': ['6.6.6.6', '203.0.113.9:4711, 10.0.0.1:80'] };
      expect((await clientOf(2, lines as unknown as Record<string, string>))[0]).to.equal('203.0.113.9');
    });

    it('cannot be made to fail by an address with a zone', async () => {
      for (const trustProxy of [2, ['127.0.0.1', 'fe80::/10']]) {
        const [ip] = await clientOf(trustProxy, forwarded('203.0.113.9, fe80::1%eth0'));
        expect(ip).to.be.oneOf(['127.0.0.1', 'fe80::1', 'fe80::1%eth0', '203.0.113.9']);
      }
    });

    it('say over which protocol the client came, where they are trusted', async () => {
      const https = { 'x-forwarded-proto': 'https' };
      expect((await clientOf(1, { ...forwarded('203.0.113.9'), ...https }))[1]).to.equal(true);
      expect((await clientOf(['127.0.0.1'], { ...forwarded('203.0.113.9'), ...https }))[1]).to.equal(true);
      expect((await clientOf(1, { ...forwarded('203.0.113.9'), 'x-forwarded-proto': 'http' }))[1]).to.equal(
        false,
      );
      // The client wrote the first value, the proxy added the second.
      const forged = { ...forwarded('6.6.6.6, 203.0.113.9'), 'x-forwarded-proto': 'https, http' };
      expect((await clientOf(1, forged))[1]).to.equal(false);
    });

    it('are seen as IPv4 over a socket that listens on IPv6 too', async () => {
      let ip: string | undefined;
      await using api = await startApi(driver, {
        security: { providers: [provider('p', (request) => ((ip = request.ip), { username: 'ann' }))] },
      });
      const [listener] = api.server.server.listeners('request') as http.RequestListener[];
      const dual = http.createServer(listener);
      await new Promise<void>((resolve) => dual.listen(0, '::', resolve));
      try {
        await fetch(`http://127.0.0.1:${(dual.address() as AddressInfo).port}/guarded`);
        expect(ip).to.equal('127.0.0.1');
      } finally {
        dual.closeAllConnections();
        dual.close();
      }
    });

    describe('requireHttps', () => {
      const start = (security: SecurityOptions = {}) => {
        const asked: string[] = [];
        const providers = [
          provider('p', (request) => (asked.push(request.ip), { username: 'ann' }), {
            challenge: { scheme: 'Basic' },
          }),
        ];
        return startApi(driver, { security: { requireHttps: true, providers, ...security } }).then((api) =>
          Object.assign(api, { asked }),
        );
      };

      it('lets Basic from this machine pass', async () => {
        await using api = await start();
        expect((await api.get('/guarded', BASIC)).status).to.equal(200);
      });

      it('refuses Basic from elsewhere before any provider sees it', async () => {
        await using api = await start({ trustProxy: 1 });
        for (const path of ['/guarded', '/open', '/required']) {
          for (const scheme of ['Basic', 'bASIC']) {
            const reply = await api.get(path, {
              authorization: `${scheme} YTpi`,
              ...forwarded('203.0.113.9'),
              'x-forwarded-proto': 'http',
            });
            expect([reply.status, reply.json()]).to.deep.equal([403, HTTPS_REQUIRED]);
            expect(reply.challenges).to.deep.equal([]);
          }
        }
        expect(api.asked).to.deep.equal([]);
        expect(api.events[0]).to.include({ type: 'failed', code: 'https_required', ip: '203.0.113.9' });
      });

      it('lets Basic pass that came to a trusted proxy over HTTPS', async () => {
        await using api = await start({ trustProxy: ['127.0.0.1'] });
        const headers = { ...BASIC, ...forwarded('203.0.113.9'), 'x-forwarded-proto': 'https' };
        expect((await api.get('/guarded', headers)).status).to.equal(200);
      });

      it('lets Bearer and requests without credentials pass to the chain', async () => {
        await using api = await start({ trustProxy: 1 });
        const bearer = { authorization: 'Bearer x', ...forwarded('203.0.113.9') };
        expect((await api.get('/guarded', bearer)).status).to.equal(200);
        expect((await api.get('/guarded', forwarded('203.0.113.9'))).status).to.equal(200);
      });
    });
  });
}

describe('The trustProxy option', () => {
  for (const value of [
    true,
    false,
    null,
    '1',
    -1,
    1.5,
    NaN,
    Infinity,
    {},
    ['10.0.0.0/33'],
    ['all'],
    [1],
    [''],
  ]) {
    it(`refuses ${JSON.stringify(value)} (${typeof value})`, () => {
      const options = { logger: new MemoryLogger(), trustProxy: value } as unknown as SecurityOptions;
      expect(() => createSecurity(options)).to.throw(ConfigurationError, /trustProxy/);
    });
  }
});
