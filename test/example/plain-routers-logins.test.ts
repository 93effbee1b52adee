/** The app with logins of docs/plain-routers.md runs as it is printed. */
import type { Server } from 'node:http';
import { expect } from 'chai';
import type { Security } from 'securest';
import { Browser } from '../support/browser';
import { PATIENCE_MS } from '../support/deadlines';
import { TestServer } from '../support/drivers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const LISTEN = 'app.listen(3000);';
const PASSWORD = 'correct horse battery staple';

describe('The app with logins of docs/plain-routers.md', () => {
  let server: TestServer;
  let security: Security;

  beforeEach(async () => {
    reset();
    const printed = blocksOf('plain-routers.md', 'ts').find((block) => block.includes('sessionRoutes('));
    const source = (printed ?? '')
      .replace(LISTEN, "export const server = app.listen(0, '127.0.0.1');\nexport { security };")
      .replace('createSecurity({', `createSecurity({ logger, deadlineMs: ${String(PATIENCE_MS)},`);
    const exported = runBlock(source, { logger: new MemoryLogger() }) as {
      server: Server;
      security: Security;
    };
    ({ security } = exported);
    server = await TestServer.of(exported.server);
  });
  afterEach(async () => {
    await server.close();
    await security.close();
  });

  it('sends a browser to its login page and back, and ends the session', async () => {
    const browser = new Browser(server);
    const html = { accept: 'text/html' };
    const refused = await browser.get('/', html);
    expect([refused.status, refused.headers['location']]).to.deep.equal([303, '/login?returnTo=%2F']);
    expect((await browser.get('/login')).text).to.contain('action="/session"');
    const form = { username: 'ann', password: PASSWORD, returnTo: '/' };
    const wrong = await browser.send('POST', '/session', { form: { ...form, password: 'wrong' } });
    expect(wrong.headers['location']).to.equal('/login?error=invalid_credentials&returnTo=%2F');
    const right = await browser.send('POST', '/session', { form });
    expect([right.status, right.headers['location']]).to.deep.equal([303, '/']);
    expect((await browser.get('/', html)).text).to.contain('Hello ann');
    const change = { currentPassword: PASSWORD, newPassword: 'another long password' };
    expect((await browser.send('PUT', '/password', { body: change })).status).to.equal(204);
    expect((await browser.get('/', html)).text).to.contain('Hello ann');
    expect((await browser.send('POST', '/session/end', { form: {} })).status).to.equal(303);
    expect((await browser.get('/', html)).status).to.equal(303);
  });
});
