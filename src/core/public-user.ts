/**
 * The user as the app may see it: a copy that never reveals the stored hash to JSON, a spread, a loop over properties
 * or `util.inspect`, and through which the store's record cannot be changed.
 */
import { types } from 'node:util';
import { isInstance } from '../util/instance';
import { masked } from '../util/masked';
import type { AuthenticationDetails } from './authentication';
import { isFrozenJsonWithout } from './frozen-json';
import { isPlainPrototype } from './objects';
import { NAMES, RecordCopy } from './record-copy';
import { Budget, RecordFault } from './record-fault';
import { SecretScan } from './record-scan';
import { Secrets } from './secrets';
import { silencePromisesIn } from './silence';
import { isUser, type User } from './user';

/**
 * A copy of a record without the hash.
 * @param known the secrets to keep out, if there are more than the record's own `password`
 * @throws RecordFault if such a copy is impossible; the message holds no value of the record
 */
export function publicUser(record: User, known?: Secrets): User {
  return guarded(() => {
    const secrets = known ?? Secrets.of(record.password);
    const budget = new Budget();
    const copy = new RecordCopy(secrets, budget);
    const user = copy.of(record);
    if (secrets !== undefined && copy.mustBeScanned) new SecretScan(secrets, budget).refuse(user, NAMES);
    return checked(user, record);
  });
}

/**
 * The result of a store's own `publicView()`. A plain object is copied. An instance of a class is passed on as it is,
 * and must not reveal the hash anywhere.
 * @throws RecordFault
 */
export function publicView(view: () => unknown, record: User, secrets: Secrets | undefined): User {
  const given = called(view, secrets);
  if (given === record) return publicUser(record, secrets);
  return guarded(() => {
    silencePromisesIn(given);
    if (types.isPromise(given)) throw new RecordFault('publicView() must not be async');
    if (!isUser(given)) throw new RecordFault('publicView() returned something that is not a user');
    if (isPlainPrototype(Object.getPrototypeOf(given))) return checked(publicUser(given, secrets), record);
    if (secrets !== undefined) new SecretScan(secrets, new Budget()).refuse(given, NAMES);
    return checked(given, record);
  });
}

/** Makes sure that a provider's claims, for the app, and reply headers, for the client, contain no hash. */
export function refuseSecretsIn({ claims, replyHeaders }: AuthenticationDetails, secrets: Secrets): void {
  guarded(() => {
    const stated = [claims, replyHeaders].filter(
      (value) => value !== undefined && !isFrozenJsonWithout(value, secrets) && !isEmpty(value),
    );
    if (stated.length > 0) new SecretScan(secrets, new Budget()).refuse(stated);
  });
}

/** True for a plain object without properties. */
function isEmpty(value: object): boolean {
  if (types.isProxy(value) || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Reflect.ownKeys(value).length === 0;
}

function called(view: () => unknown, secrets: Secrets | undefined): unknown {
  try {
    return view();
  } catch (error) {
    const message = isInstance<Error>(error, Error) ? guarded(() => masked(error.message)) : 'no error';
    const words = secrets?.isIn(message) === true ? '' : `: ${message}`;
    throw new RecordFault(`publicView() failed${words}`);
  }
}

/** The copy must still be the same user, and must not share the arrays that decide on access. */
function checked(user: User, record: User): User {
  if (!isUser(user)) throw new RecordFault('its copy is not a valid user');
  if (user.username !== record.username) throw new RecordFault('its copy has another username');
  for (const field of ['roles', 'groups'] as const) {
    const names = user[field];
    if (!names || Object.isFrozen(names) || names !== record[field]) continue;
    throw new RecordFault(`${field} is the same array as in the record: copy or freeze it`);
  }
  return user;
}

/** Records are code of the app: its exceptions may quote the hash, so nothing of them is passed on. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isInstance(error, RecordFault)) throw error;
    throw new RecordFault('its code fails when it is copied');
  }
}
