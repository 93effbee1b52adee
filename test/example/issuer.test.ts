import { expect } from 'chai';
import type * as ClientModule from '../../example/issuer/client';
import type * as StartModule from '../../example/issuer/start';
import { loadedExample, loadExample } from './support';

interface Reply {
  status: number;
  challenge: string | null;
  body: unknown;
}

describe('The notes behind an issuer', function () {
  this.timeout(30_000);
  const realNow = Date.now;
  let ahead = 0;
  let client: typeof ClientModule;
  let running: StartModule.Running;

  before(async () => {
    // The issuer and the app share the clock of the process.
    Date.now = () => realNow() + ahead;
    const { start } = loadExample('issuer/start.ts') as typeof StartModule;
    client = loadedExample('issuer/client.ts') as typeof ClientModule;
    running = await start(0, 0);
  });
  after(() => {
    Date.now = realNow;
    running.close();
  });

  const browserOf = (name: string) =>
    new client.Browser(running.settings, { name, password: running.issuer.accounts.get(name)!.password });
  const call = async (method: string, path: string, token?: string): Promise<Reply> => {
    const reply = await fetch(running.settings.url + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(method === 'POST' && { 'content-type': 'application/json' }),
      },
      ...(method === 'POST' && { body: '{"text":"Lunch is at noon"}' }),
    });
    const text = await reply.text();
    return {
      status: reply.status,
      challenge: reply.headers.get('www-authenticate'),
      body: text === '' ? undefined : JSON.parse(text),
    };
  };

  it('tells a client without a token which scope it needs, and where the issuer is', async () => {
    const { status, challenge } = await call('GET', '/notes');
    expect(status).to.equal(401);
    const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge!) ?? [];
    expect(challenge).to.include('scope="notes:read"');
    const document: unknown = await (await fetch(metadata)).json();
    expect(document).to.deep.include({
      resource: running.settings.url,
      authorization_servers: [running.settings.issuer],
      scopes_supported: ['notes:read', 'notes:write'],
    });
  });

  it('knows the users of the issuer by their ids', async () => {
    const token = await browserOf('alice').accessToken('notes:read');
    const { body } = await call('GET', '/me', token);
    expect(body).to.deep.include({
      username: 'u-1001',
      email: 'alice@notes.example',
      scopes: ['openid', 'notes:read'],
      client: 'notes-web',
    });
    expect(new Date((body as { authenticatedAt: string }).authenticatedAt).getTime()).to.be.closeTo(
      Date.now(),
      60_000,
    );
  });

  it('asks for a scope of the client and for a role of its user', async () => {
    const alice = browserOf('alice');
    const reads = await alice.accessToken('notes:read');
    const refused = await call('POST', '/notes', reads);
    expect(refused.status).to.equal(403);
    expect(refused.challenge).to.include('error="insufficient_scope", scope="notes:write"');

    const writes = await alice.accessToken('notes:read notes:write');
    expect((await call('POST', '/notes', writes)).body).to.deep.equal({
      author: 'u-1001',
      text: 'Lunch is at noon',
    });
    expect((await call('GET', '/notes', reads)).body).to.have.length(1);

    const ofBob = await call('POST', '/notes', await browserOf('bob').accessToken('notes:read notes:write'));
    expect(ofBob).to.deep.include({ status: 403, challenge: null });
  });

  it('asks for a new login where the last one is old, and takes it', async () => {
    const alice = browserOf('alice');
    const scopes = 'notes:read notes:write';
    const morning = await alice.accessToken(scopes);
    expect((await call('DELETE', '/notes', morning)).status).to.equal(204);

    ahead += 120_000;
    const { status, challenge } = await call('DELETE', '/notes', morning);
    expect(status).to.equal(401);
    expect(challenge).to.include('error="insufficient_user_authentication"');
    expect((await call('POST', '/notes', morning)).status).to.equal(201);
    // A new token of the old login is no better.
    expect((await call('DELETE', '/notes', await alice.accessToken(scopes))).status).to.equal(401);

    const [, maxAge] = /max_age="(\d+)"/.exec(challenge!) ?? [];
    expect((await call('DELETE', '/notes', await alice.accessToken(scopes, maxAge))).status).to.equal(204);
  });

  it('lets a machine read as itself, and nothing more', async () => {
    const { issuer, settings } = running;
    const token = await client.machineToken(settings, issuer.machine, 'notes:read notes:write');
    expect((await call('GET', '/me', token)).body).to.include({ username: 'client:nightly-report' });
    expect((await call('GET', '/notes', token)).status).to.equal(200);
    expect((await call('POST', '/notes', token)).status).to.equal(403);
    expect((await call('DELETE', '/notes', token)).status).to.equal(403);
  });

  it('has an issuer that takes no wrong password, and no form that it has not sent somebody to', async () => {
    const { settings } = running;
    const wrong = new client.Browser(settings, { name: 'alice', password: 'alice' });
    const error: unknown = await wrong.accessToken('notes:read').catch((reason: unknown) => reason);
    expect(String(error)).to.match(/^Error: The issuer answered 401/);
    const reply = await fetch(`${settings.issuer}/log-in/none`, { method: 'POST', body: 'name=alice' });
    expect(reply.status).to.equal(400);
  });
});
