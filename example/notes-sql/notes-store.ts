import { randomUUID } from 'node:crypto';
import type { SqlClient } from 'securest/sql';
import type { Note, NoteContent, NotesStore } from '../notes/notes-store';

const COLUMNS = 'id, author, title, text, changed_at AS "changedAt"';

/** Creates the table if it does not exist. */
export async function makeNotesTable(database: SqlClient): Promise<void> {
  try {
    await database.query(
      `CREATE TABLE IF NOT EXISTS notes (
      id text PRIMARY KEY, author text NOT NULL, title text NOT NULL, text text NOT NULL, changed_at text NOT NULL
    )`,
      [],
    );
  } catch (error) {
    // If two processes create the table at the same time, PostgreSQL refuses the second.
    await database.query('SELECT 1 FROM notes LIMIT 1', []).catch(() => {
      throw error;
    });
  }
}

/** The notes, in the database. */
export class SqlNotesStore implements Pick<NotesStore, 'list' | 'add' | 'replace' | 'remove'> {
  constructor(private readonly database: SqlClient) {}

  list(): Promise<Note[]> {
    return this.ask(`SELECT ${COLUMNS} FROM notes ORDER BY changed_at, id`, []);
  }

  async get(id: string): Promise<Note | undefined> {
    return (await this.ask(`SELECT ${COLUMNS} FROM notes WHERE id = $1`, [id]))[0];
  }

  async add({ title, text }: NoteContent, author: string): Promise<Note> {
    const note = { id: randomUUID(), author, title, text, changedAt: new Date().toISOString() };
    await this.ask('INSERT INTO notes (id, author, title, text, changed_at) VALUES ($1, $2, $3, $4, $5)', [
      ...[note.id, author, title, text, note.changedAt],
    ]);
    return note;
  }

  async replace(id: string, { title, text }: NoteContent): Promise<Note | undefined> {
    const [note] = await this.ask(
      `UPDATE notes SET title = $2, text = $3, changed_at = $4 WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, title, text, new Date().toISOString()],
    );
    return note;
  }

  async remove(id: string): Promise<boolean> {
    return (await this.ask(`DELETE FROM notes WHERE id = $1 RETURNING ${COLUMNS}`, [id])).length > 0;
  }

  private async ask(statement: string, params: unknown[]): Promise<Note[]> {
    return (await this.database.query(statement, params)).rows as Note[];
  }
}
