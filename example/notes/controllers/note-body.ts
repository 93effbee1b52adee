import { IsString, Length, MaxLength } from 'class-validator';
import { BadRequestError } from 'routing-controllers';

/** The body of a request that creates or replaces a note. */
export class NoteBody {
  @IsString()
  @Length(1, 200)
  title!: string;

  @IsString()
  @MaxLength(20_000)
  text = '';
}

/** Refuses a list: routing-controllers also accepts a list of bodies for an action that takes a single body. */
export function oneNote(body: NoteBody): NoteBody {
  if (!(body instanceof NoteBody)) throw new BadRequestError('The body is one note');
  return body;
}
