/** The apps of docs/plain-routers.md run as they are printed. */
import type { Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { reportTable, type Security, securityReport } from 'securest';
import { PATIENCE_MS } from '../support/deadlines';
import { TestServer } from '../support/drivers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';
import { basic } from './support';

const PAGE = 'plain-routers.md';
const LISTEN = 'app.listen(3000);';
const [onKoa = '', onExpress = ''] = blocksOf(PAGE, 'ts').filter((block) => block.includes(LISTEN));
/** The code that both apps begin with: all up to the instance. */
const [common = ''] = onKoa.split(/^const router/m);

const APPS = { Koa: onKoa, Express: `${common}${onExpress}` };

for (const [name, printed] of Object.entries(APPS)) {
  describe(`The ${name} app of docs/plain-routers.md`, () => {
    const secret = process.env['TOKEN_SECRET'];
    let server: TestServer;
    let security: Security;

    beforeEach(async () => {
      reset();
      process.env['TOKEN_SECRET'] = 's'.repeat(48);
      const logger = new MemoryLogger();
      const source = printed
        .replace(LISTEN, "export const server = app.listen(0, '127.0.0.1');\nexport { security };")
        .replace('createSecurity({', `createSecurity({ logger, deadlineMs: ${String(PATIENCE_MS)},`);
      const exported = runBlock(source, { logger }) as { server: Server; security: Security };
      ({ security } = exported);
      server = await TestServer.of(exported.server);
    });
    afterEach(async () => {
      if (secret === undefined) delete process.env['TOKEN_SECRET'];
      else process.env['TOKEN_SECRET'] = secret;
      await server.close();
      await security.close();
    });

    it('lets in who may, by password and by token, and refuses everyone else', async () => {
      const ann = basic('ann', 'correct horse battery staple');
      const add = (headers: Record<string, string>, body = '{"title":"Second"}') =>
        server.fetch('/notes', {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
        });
      expect(await (await server.fetch('/health')).json()).to.deep.equal({ status: 'ok' });
      const refused = await server.fetch('/notes');
      expect(refused.status).to.equal(401);
      expect(refused.headers.get('www-authenticate')).to.contain('Basic').and.contain('Bearer');
      expect((await server.fetch('/me', { headers: basic('ann', 'wrong') })).status).to.equal(401);
      expect(await (await server.fetch('/me', { headers: ann })).json()).to.deep.equal({
        username: 'ann',
        roles: ['editor'],
      });
      const issued = await server.fetch('/token', { method: 'POST', headers: ann });
      expect(issued.headers.get('cache-control')).to.contain('no-store');
      const { token } = (await issued.json()) as { token: string };
      const bearer = { authorization: `Bearer ${token}` };
      expect((await add({})).status).to.equal(401);
      expect((await add({}, '{')).status).to.equal(401);
      expect((await add(bearer, '{}')).status).to.equal(400);
      expect((await add(bearer)).status).to.equal(201);
      const list = await server.fetch('/notes', { headers: bearer });
      expect(await list.json()).to.deep.equal(['First', 'Second']);
    });

    it('is reported as the page shows', async () => {
      const text = readFileSync(join(__dirname, '../../docs', PAGE), 'utf8');
      const [, shown] = /^```\n(\d+ routes[^]*?)^```$/m.exec(text) ?? [];
      expect(reportTable(await securityReport(security))).to.equal(shown);
    });
  });
}
