/** An issuer over TLS: who it is, is proved by its certificate, or nothing that it says counts. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Authority, type Certificate } from './certificates';

describe('JsonFetcher over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-issuer-'));
  let authority: Authority;
  const servers: https.Server[] = [];

  before(() => (authority = new Authority(folder)));
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const listen = async ({ cert, key }: Certificate): Promise<{ url: string; asked: string[] }> => {
    const asked: string[] = [];
    const server = https.createServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      (request, response) => {
        asked.push(request.url!);
        response.end('{"issuer":"a"}');
      },
    );
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, asked };
  };
  /** In a process of its own, as an authority is trusted from the start or not at all. */
  const fetchIn = async (env: NodeJS.ProcessEnv, url: string): Promise<string> => {
    const program = `
      const { JsonFetcher } = require('./src/oidc/fetch-json');
      const fetcher = new JsonFetcher(60_000);
      const show = (text) => process.stdout.write(text + '\\n');
      fetcher.fetch(process.argv[1]).then((object) => fetcher.fetch(process.argv[1]))
        .then((object) => show(JSON.stringify(object)), (error) => show(error.name + ': ' + error.message));`;
    const args = ['-r', '@swc-node/register', '-e', program, url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
    return stdout.trim();
  };
  const trusted = () => ({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });

  it('takes what comes from a host with a certificate of a trusted authority', async () => {
    const { url, asked } = await listen(authority.issue('good', 'IP:127.0.0.1'));
    expect(await fetchIn(trusted(), url)).to.equal('{"issuer":"a"}');
    expect(asked).to.deep.equal(['/keys', '/keys']);
  });

  it('asks nothing of a host whose certificate is of an unknown authority', async () => {
    const { url, asked } = await listen(authority.issue('unknown', 'IP:127.0.0.1'));
    expect(await fetchIn({ NODE_EXTRA_CA_CERTS: undefined }, url)).to.match(
      /^FetchFailedError: .*UNABLE_TO_VERIFY/,
    );
    expect(asked).to.deep.equal([]);
  });

  it('asks nothing of a host whose certificate is of another host', async () => {
    const { url, asked } = await listen(authority.issue('other', 'DNS:id.example'));
    expect(await fetchIn(trusted(), url)).to.match(/^FetchFailedError: .*ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(asked).to.deep.equal([]);
  });
});
