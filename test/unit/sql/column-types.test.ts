import { expect } from 'chai';
import { SqlUserstore, type SqlUserstoreOptions } from '../../../src/sql';

const TIMESTAMP = 1114;
const DATE = 1082;
const TIMESTAMPTZ = 1184;

const storeOf = (fields: unknown, options: Omit<SqlUserstoreOptions, 'client'>, rows: object[] = []) =>
  new SqlUserstore({ client: { query: () => Promise.resolve({ rows, fields }) }, ...options });
const thrownBy = async (store: SqlUserstore): Promise<string> =>
  store.getUser('ann').then(
    () => 'nothing',
    (error: unknown) => String(error),
  );

describe('A column of tokensValidFrom without a time zone', () => {
  const table = { name: 'people', username: 'login', tokensValidFrom: 'since' };
  const queries = {
    getUser: 'SELECT login AS username, since AS tokensValidFrom FROM people WHERE login = $1',
  };
  const fields = (name: string, dataTypeID: unknown) => [
    { name: 'username', dataTypeID: 25 },
    { name, dataTypeID },
  ];

  it('is refused by its type, also without a row and without a value', async () => {
    for (const [type, oid] of [
      ['timestamp', TIMESTAMP],
      ['date', DATE],
    ] as const) {
      const row = { username: 'ann', tokens_valid_from: null };
      for (const rows of [[], [row], [{ ...row, tokens_valid_from: new Date(0) }]]) {
        const error = await thrownBy(storeOf(fields('tokens_valid_from', oid), { table }, rows));
        expect(error).to.include('column "since" of table people (option table.tokensValidFrom)');
        expect(error).to.include(`is a ${type}`).and.include('timestamptz');
      }
    }
  });

  it('is refused in a statement of the app, whatever case its name has', async () => {
    for (const name of ['tokensvalidfrom', 'tokensValidFrom', 'tokens_valid_from']) {
      const error = await thrownBy(storeOf(fields(name, TIMESTAMP), { queries }));
      expect(error).to.include('column tokens_valid_from of queries.getUser');
    }
  });

  it('is not refused where another column has such a type, or it has a zone', async () => {
    const rows = [{ username: 'ann', born: new Date(0), tokens_valid_from: new Date(0) }];
    const mixed = [
      { name: 'born', dataTypeID: DATE },
      { name: 'tokens_valid_from', dataTypeID: TIMESTAMPTZ },
    ];
    const user = await storeOf(mixed, { queries }, rows).getUser('ann');
    expect(user?.tokensValidFrom).to.deep.equal(new Date(0));
  });

  it('is not judged by fields of another form', async () => {
    const rows = [{ username: 'ann', tokens_valid_from: new Date(0) }];
    for (const odd of [
      undefined,
      null,
      'x',
      {},
      [null],
      ['tokens_valid_from'],
      fields('tokens_valid_from', '1114'),
    ]) {
      expect((await storeOf(odd, { table }, rows).getUser('ann'))?.username).to.equal('ann');
    }
  });
});

describe('A name that the type of a column cannot take', () => {
  const refusing = (code: string, where?: string) => ({
    query: () =>
      Promise.reject(
        Object.assign(new Error('invalid input syntax for type integer: "hunter2"'), { code, where }),
      ),
  });
  const getUser = 'SELECT id AS username, n::integer FROM people WHERE id = $1';

  for (const code of ['22P02', '22003', '22007', '22008']) {
    it(`is unknown after ${code}`, async () => {
      const table = { name: 'people', username: 'id' };
      expect(await new SqlUserstore({ client: refusing(code), table }).getUser('hunter2')).to.equal(null);
      for (const where of ["unnamed portal parameter $1 = '...'", 'portal "a" parameter $1']) {
        const store = new SqlUserstore({ client: refusing(code, where), queries: { getUser } });
        expect(await store.getUser('hunter2')).to.equal(null);
      }
    });

    it(`is not quoted where ${code} may be about another value, and the statement is named`, async () => {
      for (const where of [undefined, 'unnamed portal parameter $12', 'SQL function "f" statement 1']) {
        const store = new SqlUserstore({ client: refusing(code, where), queries: { getUser } });
        const error: unknown = await store.getUser('hunter2').catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(Error).and.not.have.property('cause');
        expect(String(error)).to.include('queries.getUser').and.not.include('hunter2');
      }
    });
  }
});
