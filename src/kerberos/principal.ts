/** The principal that a ticket was issued to. */
export interface KerberosPrincipal {
  /** The name's components, unescaped: one for a user, several for services (`host`, `web.example`) and instances. */
  readonly components: readonly [string, ...string[]];
  /** One of the provider's realms, as spelled in its options. */
  readonly realm: string;
  /** The whole principal as Kerberos writes it: `alice@EXAMPLE.COM`. */
  readonly text: string;
}

const MAX_LENGTH = 1024;
/** The characters that stand for themselves after a backslash. MIT's other escapes are control characters: refused. */
const ESCAPABLE = '\\/@ ';

/**
 * Parses a principal as MIT Kerberos writes it: `/` between components, `@` before the realm, and a backslash before
 * either of them within a name. Undefined for any other text, and for names with control characters, empty components
 * or no realm.
 */
export function parsePrincipal(text: string): KerberosPrincipal | undefined {
  if (text.length > MAX_LENGTH || /[\p{Cc}\p{Surrogate}\ufffd]/u.test(text)) return undefined;
  const components = [''];
  let realm: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    let character = text.charAt(index);
    if (realm === undefined && character === '@') {
      realm = '';
      continue;
    }
    if (realm === undefined && character === '/') {
      components.push('');
      continue;
    }
    if (character === '\\') {
      character = text.charAt(++index);
      if (character === '' || !ESCAPABLE.includes(character)) return undefined;
    } else if (realm !== undefined && '@/'.includes(character)) {
      return undefined;
    }
    if (realm === undefined) components.push(`${components.pop() ?? ''}${character}`);
    else realm += character;
  }
  const [first, ...others] = components;
  if (first === undefined || realm === undefined || [realm, ...components].includes('')) return undefined;
  return { components: [first, ...others], realm, text };
}

/** True for an anonymous client, which even the KDC cannot name. @see RFC 8062 section 3 */
export function isAnonymous({ components: [first] }: KerberosPrincipal): boolean {
  return first === 'WELLKNOWN';
}

/** The user name of a principal: its only component. Services and names with an `@`, `/` or `\` have none. */
export function onlyComponent({ components: [first, ...others] }: KerberosPrincipal): string | undefined {
  return others.length > 0 || /[\\/@]/.test(first) ? undefined : first;
}
