/**
 * The form of API keys: `<prefix>_<16 id>_<43 secret><6 checksum>`. They have letters, digits and underscores only, so
 * that a double click selects all of a key. Scanners for leaked secrets recognise a key by its prefix and checksum.
 */
import { createHash } from 'node:crypto';
import { randomBase62, toBase62 } from './base62';
import { crc32 } from './crc32';

const ID_LENGTH = 16;
/** 43 digits are 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
/** The length of the parts after the prefix, with the underscores. */
const REST_LENGTH = 1 + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

const PREFIX = /^[a-z][a-z0-9]{1,15}$/;
const ID = /^[0-9A-Za-z]{16}$/;
const REST = /^_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}$/;

/** A parsed key. */
export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

export function isKeyPrefix(value: unknown): value is string {
  return typeof value === 'string' && PREFIX.test(value);
}

export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** True if the text can only be a key of this prefix, valid or not. */
export function hasKeyPrefix(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}_`);
}

/** A new random key. */
export function newKey(prefix: string): KeyParts & { readonly text: string } {
  const id = randomBase62(ID_LENGTH);
  const secret = randomBase62(SECRET_LENGTH);
  const body = `${prefix}_${id}_${secret}`;
  return { id, secret, text: body + checksumOf(body) };
}

/** Undefined if the text is not a key of this prefix, by its form and its checksum. This needs no store. */
export function readKey(prefix: string, text: string): KeyParts | undefined {
  if (text.length !== prefix.length + REST_LENGTH || !text.startsWith(prefix)) return undefined;
  const [, id, secret] = REST.exec(text.slice(prefix.length)) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return text.endsWith(checksumOf(body)) ? { id, secret } : undefined;
}

/** The form in which a key is shown later. Its end reveals only a part of the checksum. */
export function hintOf(prefix: string, { id, text }: { readonly id: string; readonly text: string }): string {
  return `${prefix}_${id.slice(0, 4)}…${text.slice(-4)}`;
}

/** The stored digest of a secret. The secret has 256 random bits, so a slow hash would only cost time. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function checksumOf(body: string): string {
  return toBase62(crc32(body), CHECKSUM_LENGTH);
}
