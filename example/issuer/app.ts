/**
 * The notes behind an issuer: whoever calls has an access token of it. Scopes say what a client may do for its user,
 * what cannot be undone asks for a recent login, and a machine calls for itself.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { MeController, NotesController } from './controllers';
import { Settings } from './settings';
// Importing it is what registers the userstore and the provider.
import './auth';

export function notesOptions(settings: Settings) {
  Container.set(Settings, settings);
  return securest({
    controllers: [MeController, NotesController],
    validation: { whitelist: true, forbidNonWhitelisted: true },
    development: false, // no stack traces in replies
    security: {
      default: 'authenticated',
      realm: 'notes',
      roles: ['author'],
      // What clients need to find the issuer, at /.well-known/oauth-protected-resource.
      resource: { url: settings.url, scopes: ['notes:read', 'notes:write'] },
    },
  });
}
