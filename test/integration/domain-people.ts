/** The users and groups of an Active Directory domain, as LDIF. */
import { DOMAIN_DN } from './samba-server';

export const STAFF = `OU=Staff,${DOMAIN_DN}`;
export const GROUPS = `OU=Groups,${DOMAIN_DN}`;
export const PASSWORD = 'Open-Sesame.1';
export const APP = 'app';
/** Within the rules of a domain, and shorter than the tests need to reach it by accident. */
export const MAX_FAILURES = 4;
export const SERVICE = 'HTTP/localhost';

/** Passwords go in as a domain stores them: in quotation marks, as UTF-16. @see MS-ADTS section 3.1.1.3.1.5 */
function passwordLine(password: string): string {
  return `unicodePwd:: ${Buffer.from(`"${password}"`, 'utf16le').toString('base64')}`;
}

export function userDn(name: string): string {
  return `CN=${name} of the staff,${STAFF}`;
}

export function groupDn(name: string, base = GROUPS): string {
  return `CN=${name},${base}`;
}

function user(name: string, ...more: readonly string[]): string {
  return entry(
    userDn(name),
    'objectClass: user',
    `sAMAccountName: ${name}`,
    `userPrincipalName: ${name}@corp.test`,
    'userAccountControl: 512',
    passwordLine(PASSWORD),
    ...more,
  );
}

function group(name: string, members: readonly string[], base = GROUPS): string {
  const lines = members.map((dn) => `member: ${dn}`);
  return entry(groupDn(name, base), 'objectClass: group', `sAMAccountName: ${name}`, ...lines);
}

function unit(dn: string): string {
  return entry(dn, 'objectClass: organizationalUnit');
}

function entry(dn: string, ...lines: readonly string[]): string {
  return `dn: ${dn}\n${lines.join('\n')}\n\n`;
}

export function change(dn: string, attribute: string, value: string): string {
  return `dn: ${dn}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n\n`;
}

export function newPassword(name: string, password: string): string {
  return `dn: ${userDn(name)}\nchangetype: modify\nreplace: unicodePwd\n${passwordLine(password)}\n\n`;
}

/** A year that has passed, in steps of 100 ns since 1601. */
const LONG_AGO = '130000000000000000';

export const ENTRIES = [
  unit(STAFF),
  unit(GROUPS),
  user(APP),
  user('alice', 'mail: alice@corp.test'),
  user('bob'),
  user('disabled'),
  user('expired', `accountExpires: ${LONG_AGO}`),
  user('changing', 'pwdLastSet: 0'),
  ...['locked', 'guessed', 'moving'].map((name) => user(name)),
  user('web', `servicePrincipalName: ${SERVICE}`),
  group('writers', [userDn('alice')]),
  group('editors', [groupDn('writers')]),
  // Groups of a domain may contain each other.
  group('everybody', [groupDn('editors')]),
  group('accounting', []),
  // By its name it would give a role. It is not where groups that count are.
  group('admins', [userDn('bob')], STAFF),
].join('');

/** What cannot be said while an entry is added. */
export const CHANGES = [
  change(userDn('disabled'), 'userAccountControl', '514'),
  change(DOMAIN_DN, 'lockoutThreshold', String(MAX_FAILURES)),
  `dn: ${groupDn('writers')}\nchangetype: modify\nadd: member\nmember: ${groupDn('everybody')}\n\n`,
  // A primary group is one that the user is a member of first; then it is in none of its members any more.
  `dn: ${groupDn('accounting')}\nchangetype: modify\nadd: member\nmember: ${userDn('alice')}\n\n`,
].join('');
