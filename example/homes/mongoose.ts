import { model, Schema } from 'mongoose';
import {
  type PasswordUpdate,
  ServiceUnavailableError,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';

interface PersonFields {
  username: string;
  password?: string | null;
  email?: string | null;
  active: boolean;
  roles: string[];
  tokensValidFrom?: Date | null;
}

export const Person = model<PersonFields>(
  'Person',
  new Schema<PersonFields>({
    username: { type: String, required: true, unique: true },
    // Hidden from every query that does not ask for it, as getUser() does.
    password: { type: String, select: false },
    email: String,
    active: { type: Boolean, default: true },
    roles: [String],
    tokensValidFrom: Date,
  }),
);

@Userstore()
export class Users implements UserstoreInterface {
  async getUser(username: string): Promise<User | null> {
    // lean() gives plain objects: a document leads to the connection.
    const query = Person.findOne({ username: { $eq: username } })
      .select('+password')
      .lean();
    const person = await query.maxTimeMS(2000).exec().catch(unavailable);
    if (person?.username !== username) return null;
    const { password, email, active, roles, tokensValidFrom } = person;
    return { username, password, email, active, roles, tokensValidFrom };
  }

  async updatePassword(user: User, newHash: string, oldHash: string, changes: PasswordUpdate = {}) {
    const given = changes.tokensValidFrom;
    const next = Math.max(given?.getTime() ?? 0, (user.tokensValidFrom?.getTime() ?? -Infinity) + 1000);
    const stamp = given && { tokensValidFrom: new Date(next) };
    const row = { username: { $eq: user.username }, password: { $eq: oldHash } };
    const update = Person.updateOne(row, { $set: { password: newHash, ...stamp } });
    const { matchedCount } = await update.maxTimeMS(2000).exec().catch(unavailable);
    return matchedCount === 1;
  }
}

function unavailable(cause: unknown): never {
  throw new ServiceUnavailableError({ cause });
}
