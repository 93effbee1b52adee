/** The handlers that both hosts share. Their guards are beside the routes, in koa.ts and express.ts. */
import type { Authentication } from 'securest/routers';
import { Service } from 'typedi';
import { countByAuthor, type Note, type NoteContent, NotesStore } from '../notes/notes-store';
import { HttpError } from './http-error';

@Service()
export class Notes {
  constructor(private readonly store: NotesStore) {}

  list(): Promise<Note[]> {
    return this.store.list();
  }

  get(id: string): Note {
    return found(this.store.get(id));
  }

  add(body: unknown, { user }: Authentication): Promise<Note> {
    return this.store.add(noteIn(body), user.username);
  }

  async replace(id: string, body: unknown): Promise<Note> {
    return found(await this.store.replace(id, noteIn(body)));
  }

  async remove(id: string): Promise<void> {
    if (!(await this.store.remove(id))) found(undefined);
  }

  async report({ user }: Authentication): Promise<object> {
    return { requestedBy: user.username, rows: countByAuthor(await this.store.list()) };
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new HttpError(404, 'There is no such note');
  return value;
}

function noteIn(body: unknown): NoteContent {
  const { title, text = '', ...others } = fieldsOf(body);
  const isNote = isText(title, 1, 200) && isText(text, 0, 20_000) && Object.keys(others).length === 0;
  if (!isNote)
    throw new HttpError(400, 'A note has a title of 1 to 200 characters and a text of up to 20,000');
  return { title, text };
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new HttpError(400, 'The body must be one JSON object');
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max;
}
