import { anyOf, ownerOf, Resource } from 'securest';
import type { User } from 'securest';
import {
  Authorized,
  Body,
  CurrentUser,
  Delete,
  Get,
  HttpCode,
  JsonController,
  OnUndefined,
  Param,
  Post,
  Put,
  NotFoundError,
} from 'routing-controllers';
import { type Note, NotesStore } from '../notes-store';
import { NoteBody, oneNote } from './note-body';

/** Every action here is for editors. */
@Authorized('editor')
@JsonController('/notes')
export class NotesController {
  constructor(private readonly notes: NotesStore) {}

  @Get('/')
  list() {
    return this.notes.list();
  }

  @Get('/:id')
  get(@Resource(NotesStore, 'id') note: Note | undefined) {
    return note; // undefined is a 404
  }

  @HttpCode(201)
  @Post('/')
  add(@Body() note: NoteBody, @CurrentUser() user: User) {
    return this.notes.add(oneNote(note), user.username);
  }

  /** A note belongs to its author; an admin may replace any. Every editor may learn that a note does not exist. */
  @Authorized(anyOf('admin', ownerOf(NotesStore, 'id', { owner: (note) => note.author, whenMissing: 'run' })))
  @Put('/:id')
  replace(@Param('id') id: string, @Body() note: NoteBody) {
    return this.notes.replace(id, oneNote(note));
  }

  /** The guards of class and method must both hold: only an editor who is also an admin may delete. */
  @Authorized('admin')
  @OnUndefined(204)
  @Delete('/:id')
  async remove(@Param('id') id: string) {
    if (!(await this.notes.remove(id))) throw new NotFoundError();
  }
}
