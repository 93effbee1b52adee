import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Pool } from 'pg';
import type * as NotesApp from '../../example/notes-sql/koa';
import type * as NotesSetup from '../../example/notes-sql/setup';
import type { Demo } from '../../example/notes/setup';
import type { Note } from '../../example/notes/notes-store';
import type { SqlSettings } from '../../example/notes-sql/settings';
import { describeWith } from '../integration/describe-with';
import { PostgresServer, whyNoPostgres } from '../integration/postgres-server';
import { withCheapHashes } from '../support/hashers';
import { basic, listen, loadExample, loadedExample, mute, type RunningApp } from './support';

/** @param url of the database, undefined for none */
function describeNotes(url: () => string | undefined, close: (demo: Demo<SqlSettings>) => unknown): void {
  mute('info', 'error');
  withCheapHashes();
  let parent: string;
  const saved = process.env['DATABASE_URL'];

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'notes-sql-'));
    Reflect.deleteProperty(process.env, 'DATABASE_URL');
    const given = url();
    if (given !== undefined) process.env['DATABASE_URL'] = given;
  });
  afterEach(async () => {
    if (saved === undefined) Reflect.deleteProperty(process.env, 'DATABASE_URL');
    else process.env['DATABASE_URL'] = saved;
    await rm(parent, { recursive: true });
  });

  const setup = (folder: string): Promise<Demo<SqlSettings>> =>
    (loadExample('notes-sql/setup.ts') as typeof NotesSetup).setup(folder);
  const call = async (
    app: RunningApp,
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ) =>
    fetch(app.url + path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('keeps users and notes over a restart', async () => {
    const folder = join(parent, 'data');
    for (const isFirst of [true, false]) {
      const demo = await setup(folder);
      expect(demo.firstStart).to.equal(isFirst);
      const { createApp } = loadedExample('notes-sql/koa.ts') as typeof NotesApp;
      const app = await listen(createApp(demo.settings));
      const { admin, editor, former } = demo.logins;
      try {
        expect((await call(app, 'GET', '/notes', {})).status).to.equal(401);
        expect((await call(app, 'GET', '/notes', basic('former', former))).status).to.equal(401);
        if (isFirst) {
          const added = await call(app, 'POST', '/notes', basic('editor', editor), {
            title: 'a',
            text: "o'b",
          });
          expect(added.status).to.equal(201);
        }
        const notes = (await (await call(app, 'GET', '/notes', basic('admin', admin))).json()) as Note[];
        expect(notes).to.have.length(1);
        expect(notes[0]).to.include({ author: 'editor', title: 'a', text: "o'b" });
        const { id } = notes[0]!;
        const changed = await call(app, 'PUT', `/notes/${id}`, basic('editor', editor), {
          title: 'b',
          text: '',
        });
        expect(await changed.json()).to.include({ id, title: 'b', author: 'editor' });
        await call(app, 'PUT', `/notes/${id}`, basic('editor', editor), { title: 'a', text: "o'b" });
        const report = await (await call(app, 'GET', '/reports/notes', basic('admin', admin))).json();
        expect(report).to.deep.equal({ requestedBy: 'admin', rows: [{ author: 'editor', notes: 1 }] });
        expect((await call(app, 'GET', '/reports/notes', basic('editor', editor))).status).to.equal(403);
        if (isFirst) continue;
        expect((await call(app, 'DELETE', `/notes/${id}`, basic('admin', admin))).status).to.equal(204);
        expect((await call(app, 'GET', `/notes/${id}`, basic('admin', admin))).status).to.equal(404);
      } finally {
        await app.close();
        await close(demo);
      }
    }
  }).timeout(30_000);

  it('does no harm when two start at once', async () => {
    const demos = await Promise.all([1, 2].map(() => setup(join(parent, 'data'))));
    try {
      expect(demos[0]!.logins).to.deep.equal(demos[1]!.logins);
      expect(demos.filter(({ firstStart }) => firstStart)).to.have.length(1);
    } finally {
      for (const demo of demos) await close(demo);
    }
  }).timeout(30_000);
}

describe('notes on SQLite', () => {
  describeNotes(
    () => undefined,
    ({ settings }) => {
      (settings.database as unknown as { close(): void }).close();
    },
  );

  it('keeps its folder, and each file in it, for the owner only', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'notes-sql-'));
    const url = process.env['DATABASE_URL'];
    Reflect.deleteProperty(process.env, 'DATABASE_URL');
    try {
      const folder = join(parent, 'data');
      const { setup } = loadExample('notes-sql/setup.ts') as typeof NotesSetup;
      const { settings } = await setup(folder);
      const names = await readdir(folder);
      expect(names).to.include.members(['notes.db', 'secrets.json']);
      for (const path of [folder, ...names.map((name) => join(folder, name))]) {
        expect((await stat(path)).mode & 0o077, path).to.equal(0);
      }
      (settings.database as unknown as { close(): void }).close();
    } finally {
      if (url !== undefined) process.env['DATABASE_URL'] = url;
      await rm(parent, { recursive: true });
    }
  }).timeout(30_000);
});

describeWith(whyNoPostgres(), 'notes on PostgreSQL', () => {
  const server = new PostgresServer();
  before(() => server.start()).timeout(60_000);
  after(() => server.remove());
  beforeEach(async () => {
    const pool = server.pool();
    await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await pool.end();
  });

  const close = ({ settings }: Demo<SqlSettings>): Promise<void> => (settings.database as Pool).end();
  describeNotes(() => server.url, close);

  it('does not start with passwords that are not those of the database', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'notes-sql-'));
    process.env['DATABASE_URL'] = server.url;
    try {
      const { setup } = loadExample('notes-sql/setup.ts') as typeof NotesSetup;
      await close(await setup(join(parent, 'one')));
      const error: unknown = await setup(join(parent, 'two')).catch((reason: unknown) => reason);
      expect(String(error)).to.include('NOTES_DATA');
    } finally {
      Reflect.deleteProperty(process.env, 'DATABASE_URL');
      await rm(parent, { recursive: true });
    }
  }).timeout(30_000);
});
