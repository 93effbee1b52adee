import { IsString, Length, MaxLength } from 'class-validator';
import { BadRequestError } from 'routing-controllers';

/** What a client sends to make or replace a note. */
export class NoteBody {
  @IsString()
  @Length(1, 200)
  title!: string;

  @IsString()
  @MaxLength(20_000)
  text = '';
}

/** routing-controllers also lets a list of bodies through where an action takes one. */
export function oneNote(body: NoteBody): NoteBody {
  if (!(body instanceof NoteBody)) throw new BadRequestError('The body is one note');
  return body;
}
