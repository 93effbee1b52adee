import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { NotesStore } from '../../example/notes/notes-store';
import { Settings } from '../../example/notes/settings';

describe('notes example: NotesStore', () => {
  let parent: string;
  let settings: Settings;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'notes-store-'));
    settings = new Settings(parent, 'unused');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('finds its notes again after a restart, in their order', async () => {
    const store = new NotesStore(settings);
    const first = await store.add({ title: 'one', text: '' }, 'ann');
    const second = await store.add({ title: 'two', text: 'x' }, 'ben');
    await store.replace(first.id, { title: 'uno', text: '' });
    const again = await new NotesStore(settings).list();
    expect(again.map(({ title, author }) => [title, author])).to.deep.equal([
      ['uno', 'ann'],
      ['two', 'ben'],
    ]);
    expect(again[1]).to.deep.equal(second);
  });

  it('loses none of many changes made at once', async () => {
    const store = new NotesStore(settings);
    const titles = Array.from({ length: 30 }, (_, index) => `note ${index}`);
    const notes = await Promise.all(titles.map((title) => store.add({ title, text: '' }, 'ann')));
    await Promise.all(notes.slice(0, 10).map(({ id }) => store.remove(id)));
    expect((await new NotesStore(settings).list()).map(({ title }) => title)).to.deep.equal(titles.slice(10));
  });

  it('writes the file as a whole, for the owner only, and leaves nothing beside it', async () => {
    await new NotesStore(settings).add({ title: 'one', text: '' }, 'ann');
    expect(await readdir(parent)).to.deep.equal(['notes.json']);
    expect((await stat(join(parent, 'notes.json'))).mode & 0o777).to.equal(0o600);
  });

  it('forgets a change that could not be written, and goes on when writing works again', async () => {
    const folder = join(parent, 'moved');
    const store = new NotesStore(new Settings(folder, 'unused'));
    const failure = await store.add({ title: 'lost', text: '' }, 'ann').catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'ENOENT');
    expect(await store.list()).to.deep.equal([]);

    await mkdir(folder);
    await store.add({ title: 'kept', text: '' }, 'ann');
    expect((await store.list()).map(({ title }) => title)).to.deep.equal(['kept']);
  });

  it('answers for unknown ids, also such as __proto__', async () => {
    const store = new NotesStore(settings);
    expect(store.get('__proto__')).to.equal(undefined);
    expect(await store.replace('constructor', { title: 'x', text: '' })).to.equal(undefined);
    expect(await store.remove('toString')).to.equal(false);
  });
});
