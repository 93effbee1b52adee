/**
 * An app whose users are a TypeORM entity.
 *
 *   npm run start:typeorm
 *
 * starts the app with the PostgreSQL database of DATABASE_URL, or without it with an SQLite file, and prints a curl
 * line.
 */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type Koa from 'koa';
import libsql from 'libsql';
import { CurrentUser, Get, JsonController, createKoaServer } from 'routing-controllers';
import { AuthProvider, PasswordProvider, passwords, securest } from 'securest';
import { Container } from 'typedi';
import { DataSource } from 'typeorm';
import { Person } from './person';
import { Users } from './users';

@AuthProvider(1)
export class Password extends PasswordProvider<Person> {}

@JsonController()
export class WhoAmIController {
  @Get('/whoami')
  whoAmI(@CurrentUser() person: Person) {
    return person;
  }
}

/** @param url the url of a PostgreSQL database; without it the database is a file in the folder */
export function connect(folder: string, url?: string): Promise<DataSource> {
  const common = { entities: [Person], synchronize: true };
  const database =
    url === undefined
      ? new DataSource({
          ...common,
          type: 'better-sqlite3',
          driver: libsql,
          database: join(folder, 'people.db'),
        })
      : new DataSource({
          ...common,
          type: 'postgres',
          url,
          connectTimeoutMS: 1000,
          extra: { query_timeout: 2000, statement_timeout: 1500 },
        });
  return database.initialize();
}

export function createApp(database: DataSource): Koa {
  Container.set(DataSource, database);
  return createKoaServer(
    securest({
      controllers: [WhoAmIController],
      security: { default: 'authenticated', userstores: [Users], providers: [Password] },
    }),
  );
}

async function main(): Promise<void> {
  const database = await connect(process.env['PEOPLE_DATA'] ?? __dirname, process.env['DATABASE_URL']);
  const password = randomBytes(18).toString('base64url');
  await database.getRepository(Person).save({
    username: 'ann',
    password: await passwords.hash(password),
    displayName: 'Ann Example',
    roles: [],
  });
  const server = createApp(database).listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(`curl -u ann:${password} http://127.0.0.1:${port}/whoami`);
  });
  const end = (): void => {
    server.close(() => void database.destroy());
  };
  process.once('SIGINT', end).once('SIGTERM', end);
}

if (require.main === module) void main();
