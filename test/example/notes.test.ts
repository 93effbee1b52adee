import type * as NotesApp from '../../example/notes/koa';
import { describeAccount, describeNotes } from './describe-notes';
import { loadExample } from './support';

const hosts = ['koa', 'express'].map((name) => ({
  name,
  load: () => (loadExample(`notes/${name}.ts`) as typeof NotesApp).createApp,
}));

describeNotes('notes example', hosts, describeAccount);
