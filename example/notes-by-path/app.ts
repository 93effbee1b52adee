/**
 * The notes app with the permissions of roles in a file. Users, providers and stores are those of example/notes.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { accountControllers } from '../notes/controllers/account';
import { HealthController } from '../notes/controllers/health';
import { Settings } from '../notes/settings';
import { NotesController, NotesReportController } from './controllers';
// These imports register the userstore, the providers and the path permissions.
import '../notes/auth';
import '../notes/users';
import './permissions';

export function notesOptions(settings: Settings) {
  Container.set(Settings, settings);
  return securest({
    controllers: [HealthController, ...accountControllers(), NotesController, NotesReportController],
    validation: { whitelist: true, forbidNonWhitelisted: true },
    development: false, // no stack traces in replies
    security: {
      default: 'authenticated', // so that the file is asked for every action without @Public()
      roleHierarchy: { admin: ['editor'] },
    },
  });
}
