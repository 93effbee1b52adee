import { recentLogin, type User } from 'securest';
import { Authorized, BodyParam, Controller, CurrentUser, Post, Redirect } from 'routing-controllers';
import { Service } from 'typedi';
import type { Note } from '../../notes/notes-store';
import { SqlNotesStore } from '../../notes-sql/notes-store';
import { html } from '../html';
import { HtmlPage } from './html-page';
import { page } from './layout';

/** The confirmation page and its action have the same guard. */
const Fresh = Authorized(recentLogin({ maxAgeSeconds: 300 }));

@Service()
@Controller()
@Authorized('editor')
export class NotesPages {
  constructor(private readonly notes: SqlNotesStore) {}

  @HtmlPage('/')
  async list(@CurrentUser({ required: true }) { username }: User): Promise<string> {
    const notes = await this.notes.list();
    return page(
      'Your notes',
      username,
      html`<form method="post" action="/notes">
          <label>Title <input name="title" required maxlength="100" /></label>
          <label>Text <textarea name="text" rows="3" required maxlength="2000"></textarea></label>
          <button>Add</button>
        </form>
        ${notes.length === 0 && html`<p>No notes yet.</p>`}
        <ul class="cards">
          ${notes.map(card)}
        </ul>
        ${notes.length > 0 && html`<p><a href="/notes/clear">Delete all notes</a></p>`}`,
    );
  }

  @Post('/notes')
  @Redirect('/')
  async add(
    @CurrentUser({ required: true }) { username }: User,
    @BodyParam('title', { required: true }) title: string,
    @BodyParam('text', { required: true }) text: string,
  ): Promise<string> {
    await this.notes.add({ title: title.slice(0, 100), text: text.slice(0, 2000) }, username);
    return '/';
  }

  @Post('/notes/delete')
  @Redirect('/')
  async remove(@BodyParam('id', { required: true }) id: string): Promise<string> {
    await this.notes.remove(id);
    return '/';
  }

  @Fresh
  @HtmlPage('/notes/clear')
  confirm(@CurrentUser({ required: true }) { username }: User): string {
    return page(
      'Delete all notes?',
      username,
      html`<form method="post" action="/notes/clear"><button class="danger">Delete all notes</button></form>
        <p><a href="/">Keep them</a></p>`,
    );
  }

  @Fresh
  @Post('/notes/clear')
  @Redirect('/')
  async clear(): Promise<string> {
    for (const { id } of await this.notes.list()) await this.notes.remove(id);
    return '/';
  }
}

function card({ id, title, text, author }: Note) {
  return html`<li>
    <h2>${title}</h2>
    <p class="text">${text}</p>
    <footer>
      <span>${author}</span>
      <form method="post" action="/notes/delete">
        <input type="hidden" name="id" value="${id}" /><button class="plain">
          Delete<span class="unseen"> ${title}</span>
        </button>
      </form>
    </footer>
  </li>`;
}
