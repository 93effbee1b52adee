/** Tokens that are bound to a client's certificate, over real TLS and behind a proxy. @see RFC 8705, RFC 9440 */
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  type SecurityOptions,
} from '../../src';
import { AccessTokenProvider } from '../../src/oidc';
import { Authority, type Certificate } from '../integration/certificates';
import { DRIVERS } from '../support/drivers';
import { TokenIssuer } from '../support/issued-tokens';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, startApi, store } from '../support/scripted';

const NOW = 1_700_000_000;
const ISSUER = 'https://id.example';

function logins(): Constructor<object> {
  @JsonController()
  class Logins {
    @Authorized() @Get('/me') me(@CurrentAuthentication() { user, isBound }: Authentication) {
      return { user: user.username, isBound };
    }
  }
  return Logins;
}

interface TlsReply {
  readonly status: number;
  readonly text: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

for (const driver of DRIVERS) {
  describe(`Tokens that are bound to a certificate on ${driver.name}`, () => {
    let folder: string;
    let server: Certificate;
    let own: Certificate;
    let other: Certificate;
    let issuer: TokenIssuer;
    let token: string;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'securest-mtls-'));
      const authority = new Authority(folder);
      server = authority.issue('server', 'IP:127.0.0.1');
      own = authority.issue('own', 'DNS:own.example');
      other = authority.issue('other', 'DNS:own.example');
      issuer = await TokenIssuer.create(ISSUER);
      token = await boundTo(thumbprintOf(own));
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });
    beforeEach(reset);

    const boundTo = (thumbprint: string): Promise<string> =>
      issuer.sign({
        iss: ISSUER,
        sub: 'alice',
        aud: 'notes-api',
        iat: NOW,
        exp: NOW + 600,
        client_id: 'web',
        cnf: { 'x5t#S256': thumbprint },
      });
    const security = (mtls = true, options: SecurityOptions = {}): SecurityOptions => {
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: ISSUER, audience: 'notes-api', keys: { jwks: issuer.jwks }, mtls });
        }
      }
      return {
        logger: new MemoryLogger(),
        providers: [Company],
        userstores: [store((username) => ({ username }))],
        clock: () => NOW * 1000,
        ...options,
      };
    };

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      describe(`over ${version}`, () => {
        let api: https.Server;

        beforeEach(async () => {
          const listener = driver.build(createSecurity(security()).secure({ controllers: [logins()] }));
          api = https.createServer(
            { ...read(server), requestCert: true, rejectUnauthorized: false, maxVersion: version },
            listener,
          );
          api.listen(0, '127.0.0.1');
          await once(api, 'listening');
        });
        afterEach(async () => {
          api.closeAllConnections();
          api.close();
          await once(api, 'close');
        });
        const ask = (certificate?: Certificate, session?: Buffer, sent = token): Promise<TlsReply> =>
          askOverTls((api.address() as AddressInfo).port, version, sent, certificate, session);

        it('count with their certificate', async () => {
          const reply = await ask(own);
          expect([reply.status, JSON.parse(reply.text)]).to.deep.equal([
            200,
            { user: 'alice', isBound: true },
          ]);
        });

        it('are refused without a certificate, with another one, and where they name another', async () => {
          const foreign = await boundTo(thumbprintOf(server));
          for (const reply of [await ask(), await ask(other), await ask(own, undefined, foreign)]) {
            expect([reply.status, JSON.parse(reply.text)]).to.deep.equal([401, BODIES.bad]);
          }
        });

        it('count in a session that is taken up again, with the certificate that it began with', async () => {
          const first = await ask(own);
          const resumed = await ask(undefined, first.session);
          expect([resumed.isResumed, resumed.status]).to.deep.equal([true, 200]);
          const stranger = await ask(other);
          const still = await ask(undefined, stranger.session);
          expect([still.isResumed, still.status]).to.deep.equal([true, 401]);
        });
      });
    }

    describe('behind a proxy', () => {
      const header = (certificate: Certificate): string =>
        `:${new X509Certificate(readFileSync(certificate.cert)).raw.toString('base64')}:`;
      const statusOf = async (
        options: SecurityOptions,
        clientCert: string | string[] | undefined,
        mtls = true,
      ): Promise<number> => {
        await using api = await startApi(driver, {
          security: security(mtls, options),
          host: { controllers: [logins()] },
        });
        const headers = {
          authorization: `Bearer ${token}`,
          ...(clientCert !== undefined && { 'client-cert': clientCert }),
        };
        return (await api.server.raw('/me', { headers })).status;
      };
      const behind: SecurityOptions = { clientCertificateFrom: 'proxy', trustProxy: ['127.0.0.1'] };

      it('count with the certificate that a trusted proxy states', async () => {
        expect(await statusOf(behind, header(own))).to.equal(200);
        expect(await statusOf(behind, header(other))).to.equal(401);
        expect(await statusOf(behind, undefined)).to.equal(401);
      });

      it('are refused with what anybody else states', async () => {
        expect(await statusOf({ ...behind, trustProxy: ['10.0.0.1'] }, header(own))).to.equal(401);
        expect(await statusOf({ trustProxy: ['127.0.0.1'] }, header(own))).to.equal(401);
        expect(await statusOf({}, header(own))).to.equal(401);
      });

      it('are malformed with two lines, and refused with what is no certificate', async () => {
        expect(await statusOf(behind, [header(own), header(own)])).to.equal(400);
        expect(await statusOf(behind, [header(own), header(other)])).to.equal(400);
        const base64 = header(own).slice(1, -1);
        for (const junk of [
          '',
          '::',
          ':AAAA:',
          base64,
          `:${base64}`,
          `:${base64}:;q=1`,
          `:${base64}:, :${base64}:`,
          `:${base64.slice(0, 80)}:`,
          `:${thumbprintOf(own)}:`,
          `:${'A'.repeat(12_000)}:`,
        ]) {
          expect(await statusOf(behind, junk), junk).to.equal(401);
        }
      });

      it('are refused by a provider that does not check certificates', async () => {
        expect(await statusOf(behind, header(own), false)).to.equal(401);
      });
    });
  });
}

function read({ cert, key }: Certificate): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function thumbprintOf({ cert }: Certificate): string {
  return createHash('sha256')
    .update(new X509Certificate(readFileSync(cert)).raw)
    .digest('base64url');
}

/** One request on a connection of its own. */
async function askOverTls(
  port: number,
  version: SecureVersion,
  token: string,
  certificate?: Certificate,
  session?: Buffer,
): Promise<TlsReply> {
  const request = https.request({
    ...{ host: '127.0.0.1', port, path: '/me', agent: false, rejectUnauthorized: false },
    ...{ minVersion: version, maxVersion: version, headers: { authorization: `Bearer ${token}` } },
    ...(certificate !== undefined && read(certificate)),
    ...(session !== undefined && { session }),
  });
  let newSession: Buffer | undefined;
  let isResumed = false;
  request.on('socket', (socket: TLSSocket) => {
    socket.on('session', (state: Buffer) => (newSession = state));
    socket.on('secureConnect', () => (isResumed = socket.isSessionReused()));
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode!, text, isResumed, session: newSession };
}
