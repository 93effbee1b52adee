import { expect } from 'chai';
import type * as Example from '../../example/custom-provider';
import { listen, loadExample, mute, type RunningApp } from './support';

const KEY_OF_DELETED_USER = 'A'.repeat(43);

describe('example/custom-provider', () => {
  mute('info');
  let app: RunningApp;
  let key: string;

  before(async () => {
    const { ApiKeys, createApp, digestOf, newKey } = loadExample('custom-provider.ts') as typeof Example;
    key = newKey();
    const stored = (text: string, username: string) => ({ digest: digestOf(text), username, scopes: [] });
    const keys = [stored(newKey(), 'robot'), stored(key, 'robot'), stored(KEY_OF_DELETED_USER, 'deleted')];
    const handle = createApp(new ApiKeys(keys)).callback();
    app = await listen((request, response) => void handle(request, response));
  });
  after(() => app.close());

  const whoAmI = (headers: Record<string, string> = {}) => fetch(`${app.url}/whoami`, { headers });

  it('lets a key in as its user', async () => {
    const response = await whoAmI({ 'X-Api-Key': key });
    expect(response.status).to.equal(200);
    expect(await response.json()).to.include({ username: 'robot' });
    expect(response.headers.get('vary')?.toLowerCase()).to.contain('x-api-key');
  });

  it('asks for a key where none came', async () => {
    const response = await whoAmI();
    expect(response.status).to.equal(401);
    expect(response.headers.get('www-authenticate')).to.match(/^ApiKey/);
    expect(await response.json()).to.include({ code: 'authentication_required' });
  });

  for (const [what, value] of [
    ['unknown', 'B'.repeat(43)],
    ['too short', 'short'],
    ['empty', ''],
    ['a list of two', `${'B'.repeat(43)}, ${'B'.repeat(43)}`],
  ] as const) {
    it(`refuses a key that is ${what}`, async () => {
      expect((await whoAmI({ 'X-Api-Key': value })).status).to.equal(401);
    });
  }

  it('refuses a key whose user is gone', async () => {
    expect((await whoAmI({ 'X-Api-Key': KEY_OF_DELETED_USER })).status).to.equal(401);
  });

  it('refuses a right key with more behind it', async () => {
    expect((await whoAmI({ 'X-Api-Key': `${key}A` })).status).to.equal(401);
  });
});
