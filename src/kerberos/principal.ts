/** The principal that a ticket was issued to. */
export interface KerberosPrincipal {
  /** The name's components, unescaped: one for a user, more for services (`host`, `web.example`) and instances. */
  readonly components: readonly [string, ...string[]];
  /** One of the provider's realms, exactly as written there. */
  readonly realm: string;
  /** All of it as Kerberos writes it: `alice@EXAMPLE.COM`. */
  readonly text: string;
}

const MAX_LENGTH = 1024;
/** Of MIT's escapes these stand for themselves; the others are control characters, which no name here has. */
const ESCAPABLE = '\\/@ ';

/**
 * Takes a principal apart as MIT Kerberos writes it: `/` between components, `@` before the realm, a backslash
 * before those that belong to a name. Undefined for what is none, and for names with control characters, empty
 * components or no realm.
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

/** A client whose name the KDC does not know either. @see RFC 8062 section 3 */
export function isAnonymous({ components: [first] }: KerberosPrincipal): boolean {
  return first === 'WELLKNOWN';
}

/** The user name of a principal: its only component. Services and names with an `@`, `/` or `\` have none. */
export function onlyComponent({ components: [first, ...others] }: KerberosPrincipal): string | undefined {
  return others.length > 0 || /[\\/@]/.test(first) ? undefined : first;
}
