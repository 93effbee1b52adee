import type { RequestListener } from 'node:http';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { actingAs } from 'securest/testing';
import { Container } from 'typedi';
import type * as UsersModule from '../../example/notes/users';
import type { Note } from '../../example/notes/notes-store';
import { Settings } from '../../example/notes/settings';
import { setup, type Demo } from '../../example/notes/setup';
import { withCheapHashes } from '../support/hashers';
import { basic, listen, loadedExample, mute, type RunningApp } from './support';

type Headers = Record<string, string>;

const EDITOR = { username: 'eve', roles: ['editor'] };
const OTHER = { username: 'eli', roles: ['editor'] };
const ADMIN = { username: 'amy', roles: ['admin'] };

/** A way to serve a notes app. */
export interface NotesHost {
  readonly name: string;
  /** Loads the example anew. */
  load(): (settings: Settings) => RequestListener;
}

/** What tests need of the app that runs. */
export interface NotesApi {
  demo(): Demo;
  call(method: string, path: string, headers?: Headers, body?: unknown): Promise<Response>;
}

/**
 * The calls of a notes app, whatever serves it.
 * @param more tests of what only this app has
 */
export function describeNotes(
  title: string,
  hosts: readonly NotesHost[],
  more?: (api: NotesApi) => void,
): void {
  describe(title, () => {
    mute('info');
    withCheapHashes();
    let parent: string;
    let demo: Demo;

    before(async () => {
      parent = await mkdtemp(join(tmpdir(), 'notes-'));
      demo = await setup(join(parent, 'made'));
    });
    after(() => rm(parent, { recursive: true }));

    for (const { name, load } of hosts) {
      describe(`on ${name}`, () => {
        let folder: string;
        let app: RunningApp;

        const start = async () => {
          app = await listen(load()(new Settings(folder, demo.settings.tokenSecret)));
        };
        const stop = async () => {
          const { Users } = loadedExample('notes/users.ts') as typeof UsersModule;
          Container.get(Users).close();
          await app.close();
        };
        const call = (method: string, path: string, headers: Headers = {}, body?: unknown) =>
          fetch(app.url + path, {
            method,
            headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          });
        const api: NotesApi = { demo: () => demo, call };
        const addNote = async (title = 'First', as = EDITOR) =>
          (await (await call('POST', '/notes', actingAs(as), { title, text: 'hello' })).json()) as Note;
        const titles = async () => {
          const notes = (await (await call('GET', '/notes', actingAs(EDITOR))).json()) as Note[];
          return notes.map(({ title }) => title);
        };

        beforeEach(async () => {
          folder = await mkdtemp(join(parent, 'app-'));
          await cp(demo.settings.folder, folder, { recursive: true });
          await start();
        });
        afterEach(stop);

        it('tells anyone that it is healthy', async () => {
          const response = await call('GET', '/health');
          expect(response.status).to.equal(200);
          expect(await response.json()).to.deep.equal({ status: 'ok' });
        });

        for (const [method, path] of [
          ['GET', '/me'],
          ['POST', '/token'],
          ['GET', '/notes'],
          ['GET', '/notes/1'],
          ['POST', '/notes'],
          ['PUT', '/notes/1'],
          ['DELETE', '/notes/1'],
          ['GET', '/reports/notes'],
        ] as const) {
          it(`asks an anonymous client at ${method} ${path} to log in`, async () => {
            const response = await call(method, path);
            expect(response.status).to.equal(401);
            expect(response.headers.get('www-authenticate')).to.match(/^Bearer .*Basic/);
            expect(await response.json()).to.include({ code: 'authentication_required' });
          });
        }

        it('knows a user by password and keeps the hash to itself', async () => {
          const response = await call('GET', '/me', basic('admin', demo.logins.admin));
          expect(response.status).to.equal(200);
          const text = await response.text();
          expect(JSON.parse(text)).to.include({ username: 'admin', email: 'admin@example.org' });
          expect(text).to.not.contain('$2b$').and.not.contain('password');
        });

        it('answers an inactive user as it answers a wrong password', async () => {
          const inactive = await call('GET', '/me', basic('former', demo.logins.former));
          const wrong = await call('GET', '/me', basic('admin', 'wrong'));
          expect([inactive.status, wrong.status]).to.deep.equal([401, 401]);
          expect(await inactive.text()).to.equal(await wrong.text());
          expect(inactive.headers.get('www-authenticate')).to.equal(wrong.headers.get('www-authenticate'));
        });

        it('exchanges a password for a token that works, and refuses it when it was changed', async () => {
          const response = await call('POST', '/token', basic('editor', demo.logins.editor));
          expect(response.status).to.equal(200);
          const { token, tokenType, expiresInSeconds } = (await response.json()) as Headers;
          expect([tokenType, expiresInSeconds]).to.deep.equal(['Bearer', 600]);

          const me = await call('GET', '/me', { authorization: `Bearer ${token}` });
          expect(await me.json()).to.include({ username: 'editor' });
          const list = await call('GET', '/notes', { authorization: `Bearer ${token}` });
          expect(list.status).to.equal(200);

          const changed = await call('GET', '/me', { authorization: `Bearer ${token}x` });
          expect(changed.status).to.equal(401);
          expect(changed.headers.get('www-authenticate')).to.contain('error="invalid_token"');
        });

        it('gives the roles of groups and of their parent groups', async () => {
          const { id } = await addNote();
          const editor = basic('editor', demo.logins.editor);
          const admin = basic('admin', demo.logins.admin);
          expect((await call('DELETE', `/notes/${id}`, editor)).status).to.equal(403);
          expect((await call('DELETE', `/notes/${id}`, admin)).status).to.equal(204);
        });

        it('adds, shows, replaces and removes notes', async () => {
          const added = await call('POST', '/notes', actingAs(EDITOR), { title: 'First', text: 'hello' });
          expect(added.status).to.equal(201);
          const note = (await added.json()) as Note;
          expect(note).to.include({ title: 'First', text: 'hello', author: 'eve' });
          expect(await (await call('GET', `/notes/${note.id}`, actingAs(EDITOR))).json()).to.deep.equal(note);

          const replaced = await call('PUT', `/notes/${note.id}`, actingAs(ADMIN), { title: 'Second' });
          expect(await replaced.json()).to.include({ id: note.id, title: 'Second', text: '', author: 'eve' });
          expect(await titles()).to.deep.equal(['Second']);

          expect((await call('DELETE', `/notes/${note.id}`, actingAs(ADMIN))).status).to.equal(204);
          expect(await titles()).to.deep.equal([]);
        });

        it('lets nobody but its author and an admin replace a note', async () => {
          const { id } = await addNote();
          const replace = (as: typeof EDITOR) => call('PUT', `/notes/${id}`, actingAs(as), { title: 'x' });
          expect((await replace(OTHER)).status).to.equal(403);
          expect(await titles()).to.deep.equal(['First']);
          expect((await replace(EDITOR)).status).to.equal(200);
          expect((await replace(ADMIN)).status).to.equal(200);
        });

        it('answers 404 for a note that is not there', async () => {
          expect((await call('GET', '/notes/none', actingAs(EDITOR))).status).to.equal(404);
          const replace = await call('PUT', '/notes/none', actingAs(EDITOR), { title: 'x' });
          expect(replace.status).to.equal(404);
          expect((await call('DELETE', '/notes/none', actingAs(ADMIN))).status).to.equal(404);
        });

        it('logs nothing about a request that is only wrong', async () => {
          const logged: unknown[] = [];
          const { error } = console;
          console.error = (...message) => logged.push(message);
          try {
            expect((await call('GET', '/notes/none', actingAs(EDITOR))).status).to.equal(404);
            expect((await call('POST', '/notes', actingAs(EDITOR), {})).status).to.equal(400);
            expect((await call('GET', '/me')).status).to.equal(401);
          } finally {
            console.error = error;
          }
          expect(logged).to.deep.equal([]);
        });

        for (const [what, body] of [
          ['no title', {}],
          ['an empty title', { title: '' }],
          ['a title that is no string', { title: 7 }],
          ['a text that is too long', { title: 'x', text: 'x'.repeat(20_001) }],
          ['a field that notes do not have', { title: 'x', author: 'admin' }],
          ['a list', [{ title: 'x' }]],
          ['an empty list', []],
        ] as const) {
          it(`refuses a note with ${what}`, async () => {
            const response = await call('POST', '/notes', actingAs(EDITOR), body);
            expect(response.status).to.equal(400);
            expect(await response.text()).to.not.contain('    at ');
            expect(await titles()).to.deep.equal([]);
          });
        }

        it('asks for the class role and the method role', async () => {
          const { id } = await addNote();
          const nobody = actingAs({ username: 'nina' });
          expect((await call('GET', '/me', nobody)).status).to.equal(200);
          expect((await call('GET', '/notes', nobody)).status).to.equal(403);
          expect((await call('DELETE', `/notes/${id}`, actingAs(EDITOR))).status).to.equal(403);
          expect(await titles()).to.deep.equal(['First']);
        });

        it('keeps guard and user of the controller that the report inherits from', async () => {
          await addNote('a');
          await addNote('b');
          await addNote('c', ADMIN);
          expect((await call('GET', '/reports/notes', actingAs(EDITOR))).status).to.equal(403);
          const response = await call('GET', '/reports/notes', actingAs(ADMIN));
          expect(await response.json()).to.deep.equal({
            requestedBy: 'amy',
            rows: [
              { author: 'eve', notes: 2 },
              { author: 'amy', notes: 1 },
            ],
          });
        });

        it('keeps notes over a restart, which ends logins, as they are kept in memory', async () => {
          const { id } = await addNote();
          const editor = basic('editor', demo.logins.editor);
          const { token } = (await (await call('POST', '/token', editor)).json()) as Headers;
          await stop();
          await start();
          expect((await call('GET', '/me', { authorization: `Bearer ${token}` })).status).to.equal(401);
          expect(await (await call('GET', `/notes/${id}`, editor)).json()).to.include({ id, title: 'First' });
        });

        it('refreshes tokens, and logs out here and everywhere', async () => {
          const logIn = async () =>
            (await (await call('POST', '/token', basic('editor', demo.logins.editor))).json()) as Headers;
          const statusOf = async (token?: string) =>
            (await call('GET', '/me', { authorization: `Bearer ${token}` })).status;
          const [phone, desk] = [await logIn(), await logIn()];
          const refreshed = await call('POST', '/token/refresh', {}, { refreshToken: phone['refreshToken'] });
          expect(refreshed.status).to.equal(200);
          expect(refreshed.headers.get('cache-control')).to.contain('no-store');
          const { token } = (await refreshed.json()) as Headers;
          expect(await statusOf(token)).to.equal(200);

          expect((await call('DELETE', '/token', { authorization: `Bearer ${token}` })).status).to.equal(204);
          expect([await statusOf(token), await statusOf(desk['token'])]).to.deep.equal([401, 200]);
          const all = await call('DELETE', '/token/families', basic('editor', demo.logins.editor));
          expect(all.status).to.equal(204);
          expect(await statusOf(desk['token'])).to.equal(401);
          const spent = await call('POST', '/token/refresh', {}, { refreshToken: desk['refreshToken'] });
          expect([spent.status, spent.headers.get('www-authenticate')]).to.deep.equal([
            401,
            'Bearer realm="api", error="invalid_token"',
          ]);
        });

        more?.(api);
      });
    }
  });
}

/** The routes of users for their own keys and passwords. */
export function describeAccount({ call, demo }: NotesApi): void {
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
}
