/**
 *   example/company/servers.sh start && npm run start:company
 *
 * and in another terminal example/company/calls.sh.
 */
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import { Container } from 'typedi';
import { checkDirectory, companyOptions } from './app';
import { Users } from './users';

async function main(): Promise<void> {
  const app: Koa = createKoaServer(companyOptions());
  await checkDirectory();
  const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    // The host name must be that of the service's key: there are no tickets for an IP address.
    console.log(`Company at http://localhost:${(server.address() as AddressInfo).port}`);
  });
  const end = () => {
    server.close();
    Container.get(Users).close();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
