/** Userstores over the records of other libraries, as the documentation writes them. */
import { inspect } from 'node:util';
import { expect } from 'chai';
import { model, Schema, Types } from 'mongoose';
import * as pg from 'pg';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { DataTypes, Model, Sequelize } from 'sequelize';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  type User,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi, type StoreClass } from '../support/scripted';
import { NameProvider } from '../support/secured-server';
import { everythingShownBy } from '../support/shown';

const HASH = '$2b$12$thisStandsForAHashNobodyIsToSee';
const ANN = { 'x-user': 'ann' };
const FIELDS = { username: 'ann', password: HASH, email: 'ann@b.example', roles: ['editor'] };

class SequelizePerson extends Model {
  declare username: string;
  declare password: string;
  declare email: string;
  declare roles: string[];
}

/** Only maps: no connection is opened. */
const sequelize = new Sequelize({ dialect: 'postgres', dialectModule: pg, logging: false });
SequelizePerson.init(
  {
    username: { type: DataTypes.TEXT, primaryKey: true },
    password: DataTypes.TEXT,
    email: DataTypes.TEXT,
    roles: DataTypes.ARRAY(DataTypes.TEXT),
  },
  { sequelize },
);

const MongoosePerson = model(
  'MongoosePerson',
  new Schema({ username: String, password: String, email: String, roles: [String] }),
);

/** A record as a query returns it. */
function sequelizeRecord(): SequelizePerson {
  return SequelizePerson.build({ ...FIELDS, roles: [...FIELDS.roles] }, { isNewRecord: false, raw: true });
}

function mongooseRecord(): InstanceType<typeof MongoosePerson> {
  return MongoosePerson.hydrate({ _id: new Types.ObjectId(), ...FIELDS, roles: [...FIELDS.roles] });
}

const records: Record<string, () => { record: object; asIs: StoreClass; withView: StoreClass }> = {
  Sequelize: () => {
    const record = sequelizeRecord();
    class AsIs implements UserstoreInterface<SequelizePerson> {
      getUser(): SequelizePerson {
        return record;
      }
    }
    class WithView extends AsIs {
      publicView({ username, email, roles }: SequelizePerson): User {
        return { username, email, roles };
      }
    }
    return { record, asIs: AsIs, withView: WithView };
  },
  Mongoose: () => {
    const record = mongooseRecord();
    type Person = typeof record & User;
    class AsIs implements UserstoreInterface<Person> {
      getUser(): Person {
        return record as Person;
      }
    }
    class WithView extends AsIs {
      publicView({ username, email, roles }: Person): User {
        return { username, email, roles };
      }
    }
    return { record, asIs: AsIs, withView: WithView };
  },
};

function shows(): Constructor<object> {
  @Authorized()
  @JsonController()
  class Shows {
    @Get('/user') user(@CurrentUser() user: User) {
      return user;
    }
    @Get('/texts') texts(@CurrentUser() user: User, @CurrentAuthentication() login: Authentication) {
      return { texts: everythingShownBy(user) + everythingShownBy(login) };
    }
    @Get('/raise') raise(@CurrentUser() user: User) {
      Object.assign(user, { roles: ['admin'] });
      return {};
    }
    @Authorized('admin') @Get('/admin') admin() {
      return {};
    }
    @Authorized('editor') @Get('/editor') editor() {
      return {};
    }
  }
  return Shows;
}

const snapshotOf = (record: object): string => inspect(record, { depth: 6, showHidden: true });

for (const driver of DRIVERS) {
  for (const [library, make] of Object.entries(records)) {
    describe(`${library} records on ${driver.name}`, () => {
      beforeEach(reset);

      const start = (userstore: StoreClass) =>
        startApi(driver, {
          host: { controllers: [shows()] },
          security: { userstores: [userstore], providers: [NameProvider] },
        });

      it('are 500 with an event that says what to do, and show no hash', async () => {
        const { record, asIs } = make();
        const before = snapshotOf(record);
        await using api = await start(asIs);
        for (const path of ['/user', '/texts', '/editor']) {
          const reply = await api.get(path, ANN);
          expect(reply.status).to.equal(500);
          expect(reply.text).to.not.include(HASH);
        }
        const [event] = api.events.filter(({ type }) => type === 'misconfigured');
        expect(event).to.have.property('problem').that.includes('publicView(user)');
        expect(inspect(api.events, { depth: Infinity }) + api.logger.lines.join()).to.not.include(HASH);
        expect(snapshotOf(record)).to.equal(before);
      });

      it('are shown as their publicView() says, and roles are those of the record', async () => {
        const { record, withView } = make();
        const before = snapshotOf(record);
        await using api = await start(withView);
        const user = (await api.get('/user', ANN)).json();
        expect(user).to.deep.equal({ username: 'ann', email: 'ann@b.example', roles: ['editor'] });
        const texts = await api.get('/texts', ANN);
        expect(texts.status).to.equal(200);
        expect(texts.text).to.include('ann@b.example').and.not.include(HASH);
        expect((await api.get('/raise', ANN)).status).to.equal(200);
        expect((await api.get('/admin', ANN)).status).to.equal(403);
        expect((await api.get('/editor', ANN)).status).to.equal(200);
        expect(snapshotOf(record)).to.equal(before);
      });
    });
  }
}
