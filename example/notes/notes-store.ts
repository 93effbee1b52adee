import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from 'typedi';
import { writeWhole } from './files';
import { Settings } from './settings';

export interface NoteContent {
  title: string;
  text: string;
}

export interface Note extends NoteContent {
  id: string;
  author: string;
  changedAt: string;
}

/** The notes, in memory and in notes.json. A change that cannot be written is discarded. */
@Service()
export class NotesStore {
  private readonly path: string;
  private notes: ReadonlyMap<string, Note>;
  private lastChange: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings) {
    this.path = join(settings.folder, 'notes.json');
    const saved = existsSync(this.path) ? (JSON.parse(readFileSync(this.path, 'utf8')) as Note[]) : [];
    this.notes = new Map(saved.map((note) => [note.id, note]));
  }

  list(): Promise<Note[]> {
    return Promise.resolve([...this.notes.values()]);
  }

  get(id: string): Note | undefined {
    return this.notes.get(id);
  }

  add(content: NoteContent, author: string): Promise<Note> {
    return this.change((notes) => put(notes, { id: randomUUID(), author }, content));
  }

  replace(id: string, content: NoteContent): Promise<Note | undefined> {
    return this.change((notes) => {
      const note = notes.get(id);
      return note && put(notes, note, content);
    });
  }

  remove(id: string): Promise<boolean> {
    return this.change((notes) => notes.delete(id));
  }

  /** Runs changes one after another, each on a copy that replaces the notes once it is on disk. */
  private change<T>(edit: (notes: Map<string, Note>) => T): Promise<T> {
    const change = this.lastChange.then(async () => {
      const notes = new Map(this.notes);
      const result = edit(notes);
      await writeWhole(this.path, JSON.stringify([...notes.values()], null, 2));
      this.notes = notes;
      return result;
    });
    this.lastChange = change.catch(() => undefined);
    return change;
  }
}

/** The number of notes of each author. */
export function countByAuthor(notes: readonly Note[]): { author: string; notes: number }[] {
  const counts = new Map<string, number>();
  for (const { author } of notes) counts.set(author, (counts.get(author) ?? 0) + 1);
  return [...counts].map(([author, count]) => ({ author, notes: count }));
}

function put(notes: Map<string, Note>, origin: Pick<Note, 'id' | 'author'>, content: NoteContent): Note {
  const { title, text } = content;
  const note = { id: origin.id, author: origin.author, title, text, changedAt: new Date().toISOString() };
  notes.set(note.id, note);
  return note;
}
