/** The app of docs/openapi.md runs as it is printed, and its document is the one that the page shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TestServer } from '../support/drivers';
import { expectValid, type OpenApi } from '../support/openapi';
import { startPageApp } from '../support/page-app';
import { reset } from '../support/reset';
import { basic, mute } from './support';

const PAGE = readFileSync(join(__dirname, '../../docs/openapi.md'), 'utf8');

describe('The app of docs/openapi.md', () => {
  mute('info');
  let server: TestServer;

  beforeEach(async () => {
    reset();
    server = await startPageApp('openapi.md');
  });
  afterEach(() => server.close());

  it('serves a valid document, which says what the app does', async () => {
    const document = (await (await server.fetch('/openapi.json')).json()) as OpenApi;
    await expectValid(document);
    expect(document.info).to.deep.equal({ title: 'Notes', version: '1.0.0' });
    const [, printed = ''] = /^```json\n(.*?)^```$/ms.exec(PAGE) ?? [];
    expect(document.paths['/notes']!['post']).to.deep.include(JSON.parse(printed) as object);
    expect(document.paths['/notes/{id}']!['get']!.security).to.deep.equal([]);

    const statuses = [
      await server.fetch('/notes/7'),
      await server.fetch('/notes', { method: 'POST' }),
      await server.fetch('/notes', {
        method: 'POST',
        headers: basic('ann', 'correct horse battery staple'),
      }),
    ].map(({ status }) => status);
    expect(statuses).to.deep.equal([200, 401, 200]);
  });
});
