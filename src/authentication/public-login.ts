import type { AuthenticationDetails } from '../core/authentication';
import type { Problem } from '../core/events';
import { fixedUser } from '../core/fixed-user';
import { publicUser, publicView, refuseSecretsIn } from '../core/public-user';
import { RecordFault } from '../core/record-fault';
import { Secrets } from '../core/secrets';
import type { User } from '../core/user';
import { isInstance } from '../util/instance';
import type { Origin } from './userstore-chain';

/**
 * The user of a login as the app may see it, by the store's `publicView()` if it has one.
 * @param details the values that the provider states beside the user
 * @param provider its name: it is responsible for the values that it states itself
 * @param report is called with an instruction for the developer
 * @throws RecordFault when the hash cannot be kept from the app
 */
export function publicUserOf(
  record: User,
  details: AuthenticationDetails | undefined,
  origin: Origin | undefined,
  provider: string,
  report: (problem: Problem) => void,
): User {
  const refuse = (component: string, problem: string): never => {
    report({ component, problem, user: nameOf(record) });
    throw new RecordFault(problem);
  };
  const isOwnRecord = origin === undefined || origin.user === record;
  const fixed = isOwnRecord ? (origin?.fixed ?? fixedUser(record)) : undefined;
  let secrets: Secrets | undefined;
  try {
    // A provider may have built its own user from the store's record.
    secrets = fixed === undefined ? Secrets.of(record.password, origin?.user.password) : fixed.secrets;
    if (secrets !== undefined && details !== undefined) refuseSecretsIn(details, secrets);
  } catch (error) {
    return refuse(
      provider,
      `the claims or reply headers of a login must not lead to a user record (${reasonOf(error)})`,
    );
  }
  try {
    const store = origin?.user === record ? origin.store : undefined;
    if (store?.publicView !== undefined) return publicView(() => store.publicView?.(record), record, secrets);
    return fixed === undefined ? publicUser(record, secrets) : fixed.publicCopy();
  } catch (error) {
    const cure =
      origin === undefined
        ? 'let the provider return a plain object that has no hash'
        : 'give the userstore a method publicView(user) that returns a plain object without it';
    const problem = `${kindOf(record)} cannot be handed to the app without the password hash (${reasonOf(error)}): ${cure}`;
    return refuse(origin?.name ?? provider, problem);
  }
}

function reasonOf(error: unknown): string {
  return isInstance<RecordFault>(error, RecordFault) ? error.message : 'the password cannot be read';
}

/** The class of a record for messages. The app's code runs here and may throw. */
function kindOf(record: User): string {
  try {
    const { name }: { name: unknown } = record.constructor;
    return typeof name === 'string' && name !== '' ? `A user of class ${name}` : 'A user';
  } catch {
    return 'A user';
  }
}

function nameOf(record: User): string | undefined {
  try {
    return record.username;
  } catch {
    return undefined;
  }
}
