import type { Action, User } from 'securest/routers';
import { Service } from 'typedi';
import { NotesStore } from '../notes/notes-store';

interface Routed {
  params?: Record<string, string | undefined>;
}

/** A note belongs to its author. Every editor may learn that a note does not exist. */
@Service()
export class IsAuthor {
  constructor(private readonly notes: NotesStore) {}

  /** Koa's router puts the parameters on the context, that of Express puts them on the request. */
  check({ context, request }: Action, user: User): boolean {
    const { params } = (context ?? request) as Routed;
    const id = params?.['id'];
    if (id === undefined) return false;
    const note = this.notes.get(id);
    return note === undefined || note.author === user.username;
  }
}
