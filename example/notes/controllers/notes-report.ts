import { JsonController } from 'routing-controllers';
import { countByAuthor, NotesStore } from '../notes-store';
import { ReportController } from './report';

/** The number of notes of each author. It has no guard of its own: the guard of the base class applies. */
@JsonController('/reports/notes')
export class NotesReportController extends ReportController {
  constructor(private readonly notes: NotesStore) {
    super();
  }

  protected override async rows() {
    return countByAuthor(await this.notes.list());
  }
}
