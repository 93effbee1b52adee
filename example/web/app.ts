/**
 * The notes app for browsers: server-rendered pages behind a login by password, passkey or OpenID provider, with
 * one-time codes as a second step. Users, notes, sessions and factors are in one database.
 */
import 'reflect-metadata';
import {
  otpController,
  passwordController,
  securest,
  type SecurityOptions,
  sessionController,
} from 'securest';
import { oidcLoginController } from 'securest/oidc';
import { passkeyController } from 'securest/passkeys';
import { Container } from 'typedi';
import { SqlNotesStore } from '../notes-sql/notes-store';
import { Otp, Passkeys, Sessions } from './auth';
import { PageHeaders } from './page-headers';
import { AccountPages } from './pages/account';
import { Assets } from './pages/assets';
import { Health } from './pages/health';
import { LoginPage } from './pages/login';
import { NotesPages } from './pages/notes';
import { ALICE, CLIENT_ID } from './provider';
import { WebSettings } from './settings';

/** @param more further security options; tests set the clock */
export function webOptions(settings: WebSettings, more: SecurityOptions = {}) {
  Container.set(WebSettings, settings);
  Container.set(SqlNotesStore, new SqlNotesStore(settings.database));
  const { issuer, secrets, url } = settings;
  /** The accounts of this app by the identities of the provider. */
  const accounts = new Map([[`${issuer} ${ALICE.id}`, 'editor']]);
  const secondFactors = [Otp, Passkeys];
  return securest({
    controllers: [
      ...[Health, Assets, LoginPage, NotesPages, AccountPages],
      sessionController({ sessions: Sessions, secondFactors }),
      passwordController({ sessions: Sessions }),
      otpController({ otp: Otp, sessions: Sessions }),
      passkeyController({ passkeys: Passkeys, sessions: Sessions }),
      oidcLoginController({
        sessions: Sessions,
        issuer,
        clientId: CLIENT_ID,
        clientSecret: secrets.client,
        baseUrl: url,
        user: ({ issuer: by, subject }) => accounts.get(`${by} ${subject}`),
      }),
    ],
    middlewares: [PageHeaders],
    development: false, // no stack traces in replies
    security: {
      default: 'authenticated',
      loginPage: '/login',
      realm: 'Notes',
      roles: ['admin', 'editor'],
      roleHierarchy: { admin: ['editor'] },
      ...more,
    },
  });
}
