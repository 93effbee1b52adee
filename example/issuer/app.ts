/**
 * The notes app behind an issuer: every caller needs an access token of the issuer. Scopes limit what a client may do
 * for its user, an action that cannot be undone requires a recent login, and a machine calls on its own behalf.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { MeController, NotesController } from './controllers';
import { Settings } from './settings';
// This import registers the userstore and the provider.
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
      // Clients find the issuer by this document, at /.well-known/oauth-protected-resource.
      resource: { url: settings.url, scopes: ['notes:read', 'notes:write'] },
    },
  });
}
