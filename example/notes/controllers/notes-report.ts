import { JsonController } from 'routing-controllers';
import { NotesStore } from '../notes-store';
import { ReportController } from './report';

/** How many notes each author has. It states no guard of its own: the base class's holds. */
@JsonController('/reports/notes')
export class NotesReportController extends ReportController {
  constructor(private readonly notes: NotesStore) {
    super();
  }

  protected override async rows() {
    const counts = new Map<string, number>();
    for (const { author } of await this.notes.list()) counts.set(author, (counts.get(author) ?? 0) + 1);
    return [...counts].map(([author, notes]) => ({ author, notes }));
  }
}
