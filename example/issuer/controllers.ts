import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import {
  Authorized,
  Body,
  CurrentUser,
  Delete,
  Get,
  HttpCode,
  JsonController,
  OnUndefined,
  Post,
} from 'routing-controllers';
import { allOf, type Authentication, CurrentAuthentication, recentLogin, scope, type User } from 'securest';

export class NoteBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  text!: string;
}

@JsonController('/me')
export class MeController {
  @Get('/')
  me(@CurrentAuthentication({ required: true }) { user, scopes, authenticatedAt, claims }: Authentication) {
    return {
      username: user.username,
      email: user.email,
      scopes,
      authenticatedAt,
      client: claims['client_id'],
    };
  }
}

/** Scopes limit what a client may do for its user, roles what the user may do: writing needs both. */
@JsonController('/notes')
export class NotesController {
  private readonly notes: { author: string; text: string }[] = [];

  @Authorized(scope('notes:read'))
  @Get('/')
  list() {
    return this.notes;
  }

  @Authorized(allOf('author', scope('notes:write')))
  @HttpCode(201)
  @Post('/')
  add(@CurrentUser() user: User, @Body() { text }: NoteBody) {
    const note = { author: user.username, text };
    this.notes.push(note);
    if (this.notes.length > 1000) this.notes.shift();
    return note;
  }

  /** An old login is refused: the challenge tells clients to have the user log in again. */
  @Authorized(allOf('author', scope('notes:write'), recentLogin({ maxAgeSeconds: 60 })))
  @OnUndefined(204)
  @Delete('/')
  removeAll() {
    this.notes.length = 0;
  }
}
