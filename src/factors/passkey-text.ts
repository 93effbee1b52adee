import { ServiceUnavailableError } from '../errors';
import type { PasskeyRecord } from './factor-stores';

/** A passkey as text, the same for the same passkey, for comparison before a change. */
export function passkeyText(passkey: PasskeyRecord): string {
  const { id, user, userHandle, publicKey, counter, device, transports, name, createdAt, lastUsedAt } =
    passkey;
  const { username, userstore, userId } = user;
  return JSON.stringify({
    v: 1,
    id,
    username,
    userstore,
    userId,
    userHandle,
    publicKey,
    counter,
    device,
    transports,
    name,
    createdAt: createdAt.getTime(),
    lastUsedAt: lastUsedAt?.getTime(),
  });
}

/** @throws ServiceUnavailableError for a text that is not a passkey, or of a later version; it must not be changed */
export function readPasskey(text: unknown): PasskeyRecord {
  const value = typeof text === 'string' ? parsed(text) : undefined;
  if (value === undefined || !isPasskey(value)) {
    throw new ServiceUnavailableError({
      cause: new Error('The stored passkey is invalid, or of a later version'),
    });
  }
  const { username, userstore, userId, createdAt, lastUsedAt, ...rest } = value;
  return {
    id: rest.id,
    user: { username, userstore, userId },
    userHandle: rest.userHandle,
    publicKey: rest.publicKey,
    counter: rest.counter,
    device: rest.device,
    transports: Object.freeze([...rest.transports]),
    name: rest.name,
    createdAt: new Date(createdAt),
    ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt) }),
  };
}

interface Row extends Omit<PasskeyRecord, 'user' | 'createdAt' | 'lastUsedAt'> {
  readonly username: string;
  readonly userstore?: string;
  readonly userId?: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && Math.abs(Number(value)) <= 8.64e15;

function isPasskey(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & Row {
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const isAbsentOr = (name: string, accepts: (value: unknown) => boolean): boolean =>
    own(name) === undefined || accepts(own(name));
  const transports = own('transports');
  return (
    own('v') === 1 &&
    ['id', 'username', 'userHandle', 'publicKey'].every((name) => isText(own(name))) &&
    typeof own('name') === 'string' &&
    isAbsentOr('userstore', isText) &&
    isAbsentOr('userId', isText) &&
    Number.isSafeInteger(own('counter')) &&
    (own('device') === 'single' || own('device') === 'multi') &&
    Array.isArray(transports) &&
    transports.every((entry) => typeof entry === 'string') &&
    isTime(own('createdAt')) &&
    isAbsentOr('lastUsedAt', isTime)
  );
}
