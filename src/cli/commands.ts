/* eslint-disable @typescript-eslint/no-require-imports -- a command is only loaded when it is called */
import type { Command } from './command';

interface Entry {
  readonly summary: string;
  readonly load: () => Command;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  report: {
    summary: 'who may call each route of an app',
    load: () => (require('./report') as { report: Command }).report,
  },
  hash: {
    summary: 'the hash of a password',
    load: () => (require('./hash') as { hash: Command }).hash,
  },
  'sql migrate': {
    summary: 'tables for users in a database',
    load: () => (require('./sql-migrate') as { sqlMigrate: Command }).sqlMigrate,
  },
  'user add': {
    summary: 'a new user',
    load: () => (require('./user-add') as { userAdd: Command }).userAdd,
  },
  'user passwd': {
    summary: 'a new password',
    load: () => (require('./user-passwd') as { userPasswd: Command }).userPasswd,
  },
  'user disable': {
    summary: 'no more logins',
    load: () => (require('./user-active') as { userDisable: Command }).userDisable,
  },
  'user enable': {
    summary: 'logins again',
    load: () => (require('./user-active') as { userEnable: Command }).userEnable,
  },
  'user list': {
    summary: 'all users',
    load: () => (require('./user-list') as { userList: Command }).userList,
  },
  'user roles': {
    summary: 'the roles of a user',
    load: () => (require('./user-names') as { userRoles: Command }).userRoles,
  },
  'user groups': {
    summary: 'the groups of a user',
    load: () => (require('./user-names') as { userGroups: Command }).userGroups,
  },
  'user import': {
    summary: 'many users from a CSV file',
    load: () => (require('./user-import') as { userImport: Command }).userImport,
  },
};
