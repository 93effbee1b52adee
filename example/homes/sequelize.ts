import {
  type PasswordUpdate,
  ServiceUnavailableError,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';
import { DataTypes, Model, type Sequelize } from 'sequelize';

export class Person extends Model {
  declare username: string;
  declare password: string | null;
  declare email: string | null;
  declare active: boolean;
  declare roles: string[];
  declare groups: string[];
  declare tokensValidFrom: Date | null;
}

export class Team extends Model {
  declare name: string;
  declare roles: string[];
  declare groups: string[];
}

/** Names and hashes that differ only in case are different. */
const EXACT = { charset: 'utf8mb4', collate: 'utf8mb4_bin' };

/** MariaDB stores JSON as text, and returns it as text. */
function list(column: string) {
  return {
    type: DataTypes.JSON,
    get(this: Model): unknown {
      const value: unknown = this.getDataValue(column);
      return typeof value === 'string' ? JSON.parse(value) : value;
    },
  };
}

export function defineModels(sequelize: Sequelize): void {
  Person.init(
    {
      username: { type: DataTypes.STRING, primaryKey: true },
      password: DataTypes.STRING,
      email: DataTypes.STRING,
      active: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: true },
      roles: list('roles'),
      groups: list('groups'),
      tokensValidFrom: DataTypes.DATE(3),
    },
    { ...EXACT, sequelize, timestamps: false, defaultScope: { attributes: { exclude: ['password'] } } },
  );
  Team.init(
    { name: { type: DataTypes.STRING, primaryKey: true }, roles: list('roles'), groups: list('groups') },
    { ...EXACT, sequelize, timestamps: false },
  );
}

@Userstore()
export class Users implements UserstoreInterface {
  async getUser(username: string): Promise<User | null> {
    // Without the scope that hides the hash. Some collations find `ann ` or `ANN` for `ann`.
    const person = await Person.unscoped().findByPk(username).catch(unavailable);
    return person?.username === username ? person.get({ plain: true }) : null;
  }

  async getGroup(name: string): Promise<Team | null> {
    const team = await Team.findByPk(name).catch(unavailable);
    return team?.name === name ? team : null;
  }

  async updatePassword(user: User, newHash: string, oldHash: string, changes: PasswordUpdate = {}) {
    // MySQL and MariaDB ignore spaces at the end.
    if (user.password !== oldHash) return false;
    const given = changes.tokensValidFrom;
    const next = Math.max(given?.getTime() ?? 0, (user.tokensValidFrom?.getTime() ?? -Infinity) + 1000);
    const stamp = given && { tokensValidFrom: new Date(next) };
    const row = { username: user.username, password: oldHash };
    const [changed] = await Person.update({ password: newHash, ...stamp }, { where: row }).catch(unavailable);
    return changed === 1;
  }
}

function unavailable(cause: unknown): never {
  throw new ServiceUnavailableError({ cause });
}
