import { Resource } from 'securest';
import type { User } from 'securest';
import {
  Body,
  CurrentUser,
  Delete,
  Get,
  HttpCode,
  JsonController,
  NotFoundError,
  OnUndefined,
  Param,
  Post,
  Put,
} from 'routing-controllers';
import { NoteBody, oneNote } from '../notes/controllers/note-body';
import { type Note, NotesStore } from '../notes/notes-store';

/** These actions have no guards: permissions.yaml states which roles may call them. */
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

  @Put('/:id')
  replace(@Param('id') id: string, @Body() note: NoteBody) {
    return this.notes.replace(id, oneNote(note));
  }

  @OnUndefined(204)
  @Delete('/:id')
  async remove(@Param('id') id: string) {
    if (!(await this.notes.remove(id))) throw new NotFoundError();
  }
}

@JsonController('/reports/notes')
export class NotesReportController {
  constructor(private readonly notes: NotesStore) {}

  @Get('/')
  async report() {
    return { notes: (await this.notes.list()).length };
  }
}
