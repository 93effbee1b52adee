/**
 * The notes app with its users and notes in a database. Controllers, providers and tokens are those of example/notes.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { accountControllers } from '../notes/controllers/account';
import { HealthController } from '../notes/controllers/health';
import { NotesController } from '../notes/controllers/notes';
import { NotesReportController } from '../notes/controllers/notes-report';
import { NotesStore } from '../notes/notes-store';
import { Settings } from '../notes/settings';
import { SqlNotesStore } from './notes-store';
import { SqlSettings } from './settings';
// These imports register the userstore and the providers.
import '../notes/auth';
import './users';

export function notesOptions(settings: SqlSettings) {
  Container.set(Settings, settings);
  Container.set(SqlSettings, settings);
  Container.set(NotesStore, new SqlNotesStore(settings.database));
  return securest({
    controllers: [HealthController, ...accountControllers(), NotesController, NotesReportController],
    validation: { whitelist: true, forbidNonWhitelisted: true },
    development: false, // no stack traces in replies
    security: {
      default: 'authenticated',
      roles: ['admin', 'editor'],
      roleHierarchy: { admin: ['editor'] },
    },
  });
}
