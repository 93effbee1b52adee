import { expect } from 'chai';
import type * as NotesApp from '../../example/notes/koa';
import { describeNotes } from './describe-notes';
import { basic, loadExample } from './support';

const hosts = ['koa', 'express'].map((name) => ({
  name,
  load: () => (loadExample(`notes/${name}.ts`) as typeof NotesApp).createApp,
}));

describeNotes('notes example', hosts, ({ call, demo }) => {
  it('gives API keys to users, takes them, and ends them', async () => {
    const editor = basic('editor', demo().logins.editor);
    const made = await call('POST', '/api-keys', editor, { name: 'backup', days: 1 });
    expect(made.status).to.equal(201);
    const { key, info } = (await made.json()) as { key: string; info: { id: string } };
    for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
      expect((await call('GET', '/notes', headers)).status).to.equal(200);
    }
    expect((await call('POST', '/api-keys', { 'x-api-key': key }, { name: 'more' })).status).to.equal(403);
    expect((await call('DELETE', `/api-keys/${info.id}`, editor)).status).to.equal(204);
    expect((await call('GET', '/notes', { 'x-api-key': key })).status).to.equal(401);
  });

  it('changes a password, which ends all earlier logins', async () => {
    const editor = basic('editor', demo().logins.editor);
    const before = (await (await call('POST', '/token', editor)).json()) as { token: string };
    const newPassword = 'a long new password';
    const changed = await call('PUT', '/password', editor, {
      currentPassword: demo().logins.editor,
      newPassword,
    });
    expect(changed.status).to.equal(200);
    const { token } = (await changed.json()) as { token: string };
    expect((await call('GET', '/me', { authorization: `Bearer ${token}` })).status).to.equal(200);
    expect((await call('GET', '/me', { authorization: `Bearer ${before.token}` })).status).to.equal(401);
  });
});
