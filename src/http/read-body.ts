/**
 * The body of a login: JSON or a form. The library reads it itself, because routing-controllers reads forms on Koa
 * alone. If a parser of the app has read it already, the parser's result is used.
 */
import type { IncomingMessage } from 'node:http';
import type { Action } from '../core/exchange';
import { InvalidRequestError } from '../errors';
import { parsedBody, rawRequest } from './raw';

const MAX_BYTES = 65_536;

const TYPES = { 'application/json': 'json', 'application/x-www-form-urlencoded': 'form' } as const;

export interface Body {
  /** Without a prototype: every member was sent by the client. */
  readonly members: Readonly<Record<string, unknown>>;
  /** True for a form, which is answered by a redirect. */
  readonly isForm: boolean;
}

/**
 * The body of a request; an absent body counts as empty JSON.
 * @throws InvalidRequestError for another type, more than 64 KiB, a body that cannot be parsed, and a form that has a
 * name twice
 */
export async function readBody(action: Action): Promise<Body> {
  const raw = rawRequest(action);
  const length = Number(raw.headers['content-length'] ?? 0);
  if (!(length <= MAX_BYTES)) throw invalid('is too large');
  const isEmpty = raw.headers['transfer-encoding'] === undefined && length === 0;
  if (isEmpty) return { members: Object.create(null) as Body['members'], isForm: typeOf(raw) === 'form' };
  const type = typeOf(raw);
  if (type === undefined) throw invalid('is neither JSON nor a form in UTF-8');
  const isForm = type === 'form';
  if (raw.readableDidRead || raw.readableEnded) return { members: parsedBy(action, isForm), isForm };
  const text = decoded(await bytesOf(raw));
  return { members: isForm ? parsedForm(text) : checked(parsedJson(text)), isForm };
}

/**
 * The members of a JSON body. Pages of other sites can send forms without asking, but not JSON.
 * @throws InvalidRequestError for a form, and as {@link readBody} does
 */
export async function readJson(action: Action): Promise<Body['members']> {
  const { members, isForm } = await readBody(action);
  if (isForm) throw invalid('is a form, not JSON');
  return members;
}

/** The text of a member; undefined if it is absent or not a string. */
export function textIn({ members }: Body, name: string): string | undefined {
  const value = members[name];
  return typeof value === 'string' ? value : undefined;
}

function typeOf({ headers }: IncomingMessage): (typeof TYPES)[keyof typeof TYPES] | undefined {
  const [type = '', ...params] = (headers['content-type'] ?? '').split(';').map((part) => part.trim());
  const encoding = headers['content-encoding'] ?? 'identity';
  const isPlain = params.every((param) => !/^charset=/i.test(param) || /^charset="?utf-8"?$/i.test(param));
  const name = type.toLowerCase();
  if (!isPlain || encoding.toLowerCase() !== 'identity' || !Object.hasOwn(TYPES, name)) return undefined;
  return TYPES[name as keyof typeof TYPES];
}

/**
 * The result of the app's parser. The size limit applies to the parsed members, as the original size is no longer
 * known.
 */
function parsedBy(action: Action, isForm: boolean): Body['members'] {
  const members = checked(parsedBody(action));
  const text = isForm ? formOf(members) : jsonOf(members);
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid('is too large');
  return members;
}

/** @throws InvalidRequestError for a value that is not text: parsers make lists and objects of some names */
function formOf(members: Body['members']): string {
  const values = Object.values(members);
  if (!values.every((value) => typeof value === 'string'))
    throw invalid('has a name twice, or a name with brackets');
  return [...Object.keys(members), ...values].join('==');
}

/** @throws InvalidRequestError for values that a parser of the app made, and that are not JSON */
function jsonOf(members: Body['members']): string {
  try {
    return JSON.stringify(members);
  } catch {
    throw invalid('is no JSON');
  }
}

function bytesOf(raw: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (end: () => void): void => {
      raw.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      end();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= MAX_BYTES) return void chunks.push(chunk);
      settle(() => {
        // The rest is not read, and dropped as it arrives.
        raw.resume();
        reject(invalid('is too large'));
      });
    };
    const onEnd = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks));
      });
    };
    const onGone = (): void => {
      settle(() => {
        // A listener for later errors: without it an error event would throw.
        raw.on('error', () => undefined);
        reject(invalid('did not come as a whole'));
      });
    };
    if (raw.destroyed) onGone();
    else raw.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('is no UTF-8');
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('is no JSON');
  }
}

function parsedForm(text: string): Body['members'] {
  const members = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in members) throw invalid('has a name twice');
    members[name] = value;
  }
  return members;
}

/** @throws InvalidRequestError for a value that is not an object */
function checked(value: unknown): Body['members'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('is no object');
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}

function invalid(problem: string): InvalidRequestError {
  return new InvalidRequestError({ cause: new Error(`The body ${problem}`) });
}
