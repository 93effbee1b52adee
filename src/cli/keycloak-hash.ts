/** Converts the password hash of a Keycloak export into the form in which securest stores it. */
import { toBareBase64, toDottedBase64 } from '../passwords/schemes/encodings';

type Fields = Readonly<Record<string, unknown>>;

const PBKDF2: Readonly<Record<string, string>> = {
  pbkdf2: '$pbkdf2$',
  'pbkdf2-sha256': '$pbkdf2-sha256$',
  'pbkdf2-sha512': '$pbkdf2-sha512$',
};

/** Undefined if there is no password; a text that is not a valid hash if the algorithm is unknown. */
export function keycloakHash(credentials: unknown): string | undefined {
  const list = (Array.isArray(credentials) ? credentials : []) as (Fields | null)[];
  const password = list.find((credential) => credential?.['type'] === 'password');
  if (password == null) return undefined;
  const [secret, numbers] = [jsonOf(password['secretData']), jsonOf(password['credentialData'])];
  const [salt, digest] = [bytesOf(secret['salt']), bytesOf(secret['value'])];
  const { algorithm, hashIterations } = numbers;
  const ident =
    typeof algorithm === 'string' && Object.hasOwn(PBKDF2, algorithm) ? PBKDF2[algorithm] : undefined;
  const rounds = String(hashIterations);
  if (ident !== undefined) return `${ident}${rounds}$${toDottedBase64(salt)}$${toDottedBase64(digest)}`;
  if (algorithm !== 'argon2') return '$keycloak$';
  const more = jsonOf(numbers['additionalParameters']);
  const one = (name: string) => (Array.isArray(more[name]) ? String(more[name][0]) : '');
  const version = one('version') === '1.3' ? '$v=19' : '$v=16';
  const settings = `m=${one('memory')},t=${rounds},p=${one('parallelism')}`;
  return `$argon2${one('type')}${version}$${settings}$${toBareBase64(salt)}$${toBareBase64(digest)}`;
}

/** The value is an object, or JSON text within the JSON. */
function jsonOf(value: unknown): Fields {
  try {
    return Object(typeof value === 'string' ? JSON.parse(value) : value) as Fields;
  } catch {
    return {};
  }
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}
