/** The app of docs/browser-app.md runs as it is printed, and its login takes clients that are no browsers as it says. */
import { expect } from 'chai';
import { Browser } from '../support/browser';
import type { TestServer } from '../support/drivers';
import { startPageApp } from '../support/page-app';
import { reset } from '../support/reset';

const FORM = { username: 'ann', password: 'correct horse battery staple' };

describe('The app of docs/browser-app.md', () => {
  let server: TestServer;

  beforeEach(async () => {
    reset();
    server = await startPageApp('browser-app.md');
  });
  afterEach(() => server.close());

  it('sends a browser to the login page and back, and logs it out by a form', async () => {
    const browser = new Browser(server);
    const page = { 'sec-fetch-dest': 'document' };
    const first = await browser.get('/', page);
    expect([first.status, first.headers['location']]).to.deep.equal([303, '/login?returnTo=%2F']);
    expect((await browser.get('/login')).text).to.contain('action="/session"');
    const login = await browser.send('POST', '/session', { form: FORM });
    expect([login.status, login.headers['location']]).to.deep.equal([303, '/']);
    expect((await browser.get('/', page)).text).to.contain('Hello ann');
    const end = await browser.send('POST', '/session/end', { form: {} });
    expect([end.status, end.headers['location']]).to.deep.equal([303, '/login']);
    expect((await browser.get('/', page)).status).to.equal(303);
  });

  it('takes the login of a client that is no browser only where that says whose page it stands for', async () => {
    const client = new Browser(server);
    const headers = { 'sec-fetch-site': undefined };
    expect((await client.send('POST', '/session', { form: FORM, headers })).status).to.equal(403);
    expect((await client.send('POST', '/session', { form: FORM })).status).to.equal(303);
    expect((await client.get('/')).status).to.equal(200);
    expect((await client.send('POST', '/session/end', { headers })).status).to.equal(403);
    expect((await client.get('/')).status).to.equal(200);
    expect((await client.send('POST', '/session/end')).status).to.equal(204);
    expect((await client.get('/')).status).to.equal(401);
  });
});
