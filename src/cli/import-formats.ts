/** Turns the files of other products into records for `user import`. */
import { parseDocument } from 'yaml';
import { type ImportRecord, readCsv } from './import-records';
import { keycloakHash } from './keycloak-hash';

type Fields = Readonly<Record<string, unknown>>;

const READERS = { csv: readCsv, htpasswd, authelia, keycloak, django } as const;
export type ImportFormat = keyof typeof READERS;
export const IMPORT_FORMATS = Object.keys(READERS) as readonly ImportFormat[];

/** @throws Error when the text does not have the format; the message does not quote the text */
export function readRecords(text: string, format: ImportFormat): readonly ImportRecord[] {
  return READERS[format](text);
}

function htpasswd(text: string): ImportRecord[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const place = `line ${String(at + 1)}`;
    const [, username = '', hash] = /^([^:]*):([^:]+)$/.exec(line) ?? [];
    if (hash === undefined) throw new Error(`${place}: must be a user name, a colon and a hash`);
    return [{ place, fields: { username, password_hash: hash } }];
  });
}

/** Authelia's file of users: `users:` with a mapping for each name. */
function authelia(text: string): ImportRecord[] {
  const document = parseDocument(text, { logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new Error(`line ${String(error.linePos?.[0].line ?? 1)}: is not valid YAML (${error.code})`);
  }
  const users = fieldsOf(fieldsOf(document.toJS({ maxAliasCount: 0 }))['users']);
  return Object.entries(users).map(([username, value], at) => {
    const user = fieldsOf(value);
    return {
      place: placeOf(at),
      fields: {
        username,
        password_hash: textOf(user['password']).replace(/^\{CRYPT\}(?=\$argon2)/, ''),
        email: textOf(user['email']),
        active: (user['disabled'] ?? false) === false ? 'true' : 'false',
      },
      groups: namesOf(user['groups']),
    };
  });
}

/** An export of a Keycloak realm, or of its users only. */
function keycloak(text: string): ImportRecord[] {
  const document = json(text);
  const users = Array.isArray(document) ? (document as unknown[]) : fieldsOf(document)['users'];
  return listOf(users, 'users').map((user, at) => ({
    place: placeOf(at),
    fields: {
      username: textOf(user['username']),
      password_hash: keycloakHash(user['credentials']) ?? '',
      email: textOf(user['email']),
      active: user['enabled'] === true ? 'true' : 'false',
    },
    roles: namesOf(user['realmRoles']),
    groups: namesOf(user['groups']).map((path) => path.replace(/^\//, '')),
  }));
}

/** The output of Django's `manage.py dumpdata auth`. The superuser and staff flags do not become roles. */
function django(text: string): ImportRecord[] {
  const rows = listOf(json(text), 'a list');
  const groups = new Map(
    rows
      .filter(({ model }) => model === 'auth.group')
      .map(({ pk, fields }) => [pk, textOf(fieldsOf(fields)['name'])] as const),
  );
  return rows
    .filter(({ model, fields }) => model !== 'auth.group' && 'password' in fieldsOf(fields))
    .map(({ fields: value }, at) => {
      const fields = fieldsOf(value);
      const memberOf: unknown[] = Array.isArray(fields['groups']) ? fields['groups'] : [];
      // With --natural-foreign each group is a list that holds its name.
      const names = memberOf.map(
        (group) => groups.get(group) ?? textOf(Array.isArray(group) ? group[0] : ''),
      );
      // Django marks an unusable password with "!".
      const password = textOf(fields['password']);
      return {
        place: placeOf(at),
        fields: {
          username: textOf(fields['username']),
          password_hash: password.startsWith('!') ? '' : password,
          email: textOf(fields['email']),
          active: fields['is_active'] === true ? 'true' : 'false',
        },
        groups: names,
      };
    });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new Error('line 1: is not valid JSON');
  }
}

function listOf(value: unknown, what: string): Fields[] {
  if (!Array.isArray(value)) throw new Error(`line 1: must have ${what}`);
  return value.map(fieldsOf);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function placeOf(at: number): string {
  return `user ${String(at + 1)}`;
}
