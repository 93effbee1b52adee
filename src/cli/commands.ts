/* eslint-disable @typescript-eslint/no-require-imports -- a command is only loaded when it is called */
/** The commands. Each new command needs an entry here: the parser and the usage text are made from this list. */
import type { Command } from './command';

interface Entry {
  readonly summary: string;
  readonly load: () => Command;
}

/** The commands by name, which may have several words. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  init: {
    summary: 'writes a small app with guarded routes',
    load: () => (require('./init') as { init: Command }).init,
  },
  report: {
    summary: 'lists the users and roles that may call each route of an app',
    load: () => (require('./report') as { report: Command }).report,
  },
  explain: {
    summary: 'explains whether a user may send a request to an app, and why',
    load: () => (require('./explain') as { explain: Command }).explain,
  },
  hash: {
    summary: 'prints the hash of a password',
    load: () => (require('./hash') as { hash: Command }).hash,
  },
  'keys new': {
    summary: 'creates a file with a key that signs tokens',
    load: () => (require('./keys-new') as { keysNew: Command }).keysNew,
  },
  'keys rotate': {
    summary: 'adds a new signing key to a key file',
    load: () => (require('./keys-rotate') as { keysRotate: Command }).keysRotate,
  },
  'sql migrate': {
    summary: 'creates or updates the tables in a database',
    load: () => (require('./sql-migrate') as { sqlMigrate: Command }).sqlMigrate,
  },
  'sql clean': {
    summary: 'deletes ended sessions, tokens and keys from a database',
    load: () => (require('./sql-clean') as { sqlClean: Command }).sqlClean,
  },
  'key add': {
    summary: 'creates an API key for a user',
    load: () => (require('./key-add') as { keyAdd: Command }).keyAdd,
  },
  'key list': {
    summary: 'lists the API keys of a user',
    load: () => (require('./key-list') as { keyList: Command }).keyList,
  },
  'key revoke': {
    summary: 'ends API keys of a user',
    load: () => (require('./key-revoke') as { keyRevoke: Command }).keyRevoke,
  },
  'tokens list': {
    summary: 'lists the logins of a user that refresh tokens keep alive',
    load: () => (require('./tokens-list') as { tokensList: Command }).tokensList,
  },
  'tokens end': {
    summary: 'ends a login of a user, or all of them',
    load: () => (require('./tokens-end') as { tokensEnd: Command }).tokensEnd,
  },
  'sessions list': {
    summary: 'lists the sessions of a user',
    load: () => (require('./sessions-list') as { sessionsList: Command }).sessionsList,
  },
  'sessions end': {
    summary: 'ends a session of a user, or all of them',
    load: () => (require('./sessions-end') as { sessionsEnd: Command }).sessionsEnd,
  },
  'factor list': {
    summary: 'lists the second factors of a user',
    load: () => (require('./factor-list') as { factorList: Command }).factorList,
  },
  'factor remove': {
    summary: 'removes a second factor of a user, or all of them',
    load: () => (require('./factor-remove') as { factorRemove: Command }).factorRemove,
  },
  'user add': {
    summary: 'adds a user',
    load: () => (require('./user-add') as { userAdd: Command }).userAdd,
  },
  'user passwd': {
    summary: 'changes the password of a user',
    load: () => (require('./user-passwd') as { userPasswd: Command }).userPasswd,
  },
  'user disable': {
    summary: 'refuses all logins of a user',
    load: () => (require('./user-active') as { userDisable: Command }).userDisable,
  },
  'user enable': {
    summary: 'allows logins of a user again',
    load: () => (require('./user-active') as { userEnable: Command }).userEnable,
  },
  'user remove': {
    summary: 'removes a user, and ends logins and API keys of the user',
    load: () => (require('./user-remove') as { userRemove: Command }).userRemove,
  },
  'user list': {
    summary: 'lists all users',
    load: () => (require('./user-list') as { userList: Command }).userList,
  },
  'user roles': {
    summary: 'changes the roles of a user',
    load: () => (require('./user-names') as { userRoles: Command }).userRoles,
  },
  'user groups': {
    summary: 'changes the groups of a user',
    load: () => (require('./user-names') as { userGroups: Command }).userGroups,
  },
  'user import': {
    summary: 'adds the users of a CSV file',
    load: () => (require('./user-import') as { userImport: Command }).userImport,
  },
};
