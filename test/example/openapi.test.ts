/** The documents of the examples are valid, and have each of their routes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RoutingControllersOptions } from 'routing-controllers';
import { securest } from 'securest';
import { SqliteClient } from 'securest/sql';
import { Container } from 'typedi';
import { DataSource } from 'typeorm';
import type * as IssuerApp from '../../example/issuer/app';
import type * as IssuerSettings from '../../example/issuer/settings';
import type * as PathOptions from '../../example/notes-by-path/options';
import type * as NotesOptions from '../../example/notes/options';
import type * as SqlApp from '../../example/notes-sql/app';
import type * as SqlSettings from '../../example/notes-sql/settings';
import type * as TypeOrmApp from '../../example/typeorm/app';
import type * as TypeOrmUsers from '../../example/typeorm/users';
import type * as WebApp from '../../example/web/app';
import type * as WebSettings from '../../example/web/settings';
import { inspectOptions } from '../../src/security/inspection';
import { documented, expectValid, operationsIn } from '../support/openapi';
import { loadedExample, loadExample, mute } from './support';

const secret = 'x'.repeat(48);

describe('The OpenAPI documents of the examples', () => {
  mute('info');
  let folder: string;
  let database: SqliteClient;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'documents-'));
    database = new SqliteClient(join(folder, 'notes.db'));
  });
  afterEach(() => {
    database.close();
    Container.set({ id: DataSource, value: {} });
    rmSync(folder, { recursive: true });
  });

  const EXAMPLES: Readonly<Record<string, () => RoutingControllersOptions>> = {
    notes: () => (loadExample('notes/options.ts') as typeof NotesOptions).options(),
    'notes-by-path': () => (loadExample('notes-by-path/options.ts') as typeof PathOptions).options(),
    'notes-sql': () => {
      const { notesOptions } = loadExample('notes-sql/app.ts') as typeof SqlApp;
      const { SqlSettings: Settings } = loadedExample('notes-sql/settings.ts') as typeof SqlSettings;
      return notesOptions(new Settings(folder, secret, database));
    },
    issuer: () => {
      const { notesOptions } = loadExample('issuer/app.ts') as typeof IssuerApp;
      const { Settings } = loadedExample('issuer/settings.ts') as typeof IssuerSettings;
      return notesOptions(new Settings('http://127.0.0.1:1', 'http://127.0.0.1:2'));
    },
    web: () => {
      const { webOptions } = loadExample('web/app.ts') as typeof WebApp;
      const { WebSettings: Settings } = loadedExample('web/settings.ts') as typeof WebSettings;
      const secrets = { factors: secret, client: secret };
      return webOptions(new Settings(database, 'http://localhost:1', 'http://127.0.0.1:2', secrets));
    },
    typeorm: () => {
      const { Password, WhoAmIController } = loadExample('typeorm/app.ts') as typeof TypeOrmApp;
      const { Users } = loadedExample('typeorm/users.ts') as typeof TypeOrmUsers;
      Container.set({ id: DataSource, value: {} });
      return securest({
        controllers: [WhoAmIController],
        security: { default: 'authenticated', userstores: [Users], providers: [Password] },
      });
    },
  };

  for (const [name, optionsOf] of Object.entries(EXAMPLES)) {
    it(`is valid for ${name}, and has all of its routes`, async () => {
      const options = optionsOf();
      const { document, unlisted, dropped } = documented(options, { describeAccess: true });
      await expectValid(document);
      expect([unlisted, dropped]).to.deep.equal([[], []]);
      const routes = inspectOptions(options).compiled.map(({ access: { method, route } }) => {
        const path = route.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}');
        return `${method.toLowerCase()} ${path}`;
      });
      expect(operationsIn(document)).to.have.members(routes);
      expect(JSON.stringify(document)).to.not.contain(secret).and.not.contain(folder);
    });
  }
});
