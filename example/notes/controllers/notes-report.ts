import { JsonController } from 'routing-controllers';
import { countByAuthor, NotesStore } from '../notes-store';
import { ReportController } from './report';

/** How many notes each author has. It states no guard of its own: the base class's holds. */
@JsonController('/reports/notes')
export class NotesReportController extends ReportController {
  constructor(private readonly notes: NotesStore) {
    super();
  }

  protected override async rows() {
    return countByAuthor(await this.notes.list());
  }
}
