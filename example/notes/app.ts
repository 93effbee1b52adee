/**
 * The notes app, as options for routing-controllers. koa.ts and express.ts differ in one call.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { accountControllers } from './controllers/account';
import { HealthController } from './controllers/health';
import { NotesController } from './controllers/notes';
import { NotesReportController } from './controllers/notes-report';
import { Settings } from './settings';
// These imports register the userstore and the providers, even though the code below does not use them by name.
import './auth';
import './users';

export function notesOptions(settings: Settings) {
  Container.set(Settings, settings);
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
