/**
 * Runs a command with a PostgreSQL of its own in DATABASE_URL, and ends as it does:
 *
 *   node -r @swc-node/register test/integration/with-postgres.ts npm run start:sql
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PostgresServer } from './postgres-server';

async function main([command = '', ...args]: readonly string[]): Promise<void> {
  const server = new PostgresServer();
  try {
    await server.start();
    const env = { ...process.env, DATABASE_URL: server.url };
    const child = spawn(command, args, { stdio: 'inherit', env });
    // The command hears of them too; the server stays until it has ended.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await server.remove();
  }
}

void main(process.argv.slice(2));
