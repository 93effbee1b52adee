/** Entries of a directory, from users and groups as stores know them. */
import type { Group, User } from '../../src/core/user';
import { escapeDnValue } from '../../src/ldap/distinguished-name';
import { SUFFIX } from './slapd-server';

export const APP = { bindDn: `cn=app,${SUFFIX}`, bindPassword: 'the word of the app' };
export const PEOPLE = `ou=people,${SUFFIX}`;
export const GROUPS = `ou=groups,${SUFFIX}`;
export const PASSWORD = 'open sesame';

/** What the app logs in with, and where people and groups are. */
export const TREE = `${unit('people')}${unit('groups')}${unit('others')}dn: ${APP.bindDn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: app
userPassword: ${APP.bindPassword}

`;

export function personDn(name: string): string {
  return `uid=${escapeDnValue(name)},${PEOPLE}`;
}

export function groupDn(name: string, base = GROUPS): string {
  return `cn=${escapeDnValue(name)},${base}`;
}

/** @param more further lines of the entry */
export function person({ username, email, roles }: User, more = '', dn = personDn(username)): string {
  const lines = [
    ['dn', dn],
    ['objectClass', 'inetOrgPerson'],
    ['objectClass', 'directoryUser'],
    ['uid', username],
    ['cn', username],
    ['sn', username],
    ['userPassword', PASSWORD],
    ...(email ? [['mail', email]] : []),
    ...(roles ?? []).map((role) => ['employeeType', role]),
  ];
  return `${lines.map(([name = '', value = '']) => line(name, value)).join('')}${more}\n`;
}

export function group(name: string, members: readonly string[], base = GROUPS): string {
  const lines = [
    line('dn', groupDn(name, base)),
    'objectClass: groupOfNames\n',
    line('cn', name),
    ...(members.length === 0 ? [`cn=nobody,${SUFFIX}`] : members).map((dn) => line('member', dn)),
  ];
  return `${lines.join('')}\n`;
}

/** Users and groups in one text. The members come as changes, so that the directory notes them on both sides. */
export function entriesOf(users: readonly User[], groups: readonly Group[]): string {
  const membersOf = (name: string): string[] => [
    ...users.filter((user) => user.groups?.includes(name)).map(({ username }) => personDn(username)),
    ...groups.filter((one) => one.groups?.includes(name)).map((one) => groupDn(one.name)),
  ];
  const people = users.map((user) =>
    person(user, user.active === false ? 'userAccountControl: 514\n' : 'userAccountControl: 512\n'),
  );
  return `${people.join('')}${groups.map(({ name }) => group(name, membersOf(name))).join('')}`;
}

/** A policy that locks an account at the first wrong password. */
export function policy(name: string): string {
  return `dn: cn=${name},${SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: ${name}
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 1

`;
}

/** What ldapmodify adds. */
export function additions(entries: string): string {
  return entries.replace(/^(dn::? .*\n)/gm, '$1changetype: add\n');
}

function unit(name: string): string {
  return `dn: ou=${name},${SUFFIX}\nobjectClass: organizationalUnit\nou: ${name}\n\n`;
}

/** In base64, so that every value is one. */
function line(name: string, value: string): string {
  return `${name}:: ${Buffer.from(value).toString('base64')}\n`;
}
