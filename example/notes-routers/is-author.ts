import type { User } from 'securest';
import { Service } from 'typedi';
import { NotesStore } from '../notes/notes-store';

interface Routed {
  params?: Record<string, string | undefined>;
}

/** A note belongs to its author. Every editor may learn that a note does not exist. */
@Service()
export class IsAuthor {
  constructor(private readonly notes: NotesStore) {}

  /** Koa's router has the parameters on the context, that of Express on the request. */
  check({ context, request }: { context?: Routed; request: Routed }, user: User): boolean {
    const id = (context ?? request).params?.['id'];
    if (id === undefined) return false;
    const note = this.notes.get(id);
    return note === undefined || note.author === user.username;
  }
}
