import type { LdapSettings } from './ldap-options';

const GLOBAL_CATALOG_PORTS = ['3268', '3269'];
/** A lock attribute in a filter, with its operator and its value. */
const LOCK = /\(\s*(lockoutTime|pwdAccountLockedTime)(?:;[\w-]+)*\s*(?:[~<>]?=|:[^=)]*:=)\s*([^)]*)\)/gi;
/** Locked until an administrator unlocks the account. @see draft-behera-ldap-password-policy section 5.3.3 */
const FOR_EVER = '000001010000Z';

/** Warnings about settings that are valid, but do not work as one would expect. */
export function setUpWarnings({ urls, userFilter, groups }: LdapSettings): readonly string[] {
  const warnings: string[] = [];
  const locks = [...(userFilter ?? '').matchAll(LOCK)].filter(([, , value]) => value?.trim() !== FOR_EVER);
  for (const name of new Set(locks.map(([, attribute = '']) => attribute.toLowerCase()))) {
    warnings.push(
      name === 'lockouttime'
        ? 'userFilter has lockoutTime, which stays until the next good login: a user who was locked is refused after the lock has ended. Leave it out: locked users of Active Directory are inactive without it'
        : 'userFilter has pwdAccountLockedTime, which stays until the next good login: whoever was locked is kept ' +
            `out after the lock has ended. Leave it out, or name the lock without an end: (!(pwdAccountLockedTime=${FOR_EVER}))`,
    );
  }
  const catalog = urls.find((url) => GLOBAL_CATALOG_PORTS.includes(new URL(url).port));
  if (catalog !== undefined) {
    const lacks =
      groups === undefined ? 'accountExpires' : 'accountExpires and groups that are not universal';
    warnings.push(
      `${catalog} is a global catalog, which has no ${lacks}: ` +
        'users whose account has expired stay active for tokens and Kerberos. Use port 636',
    );
  }
  return warnings;
}
