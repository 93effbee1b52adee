/** A cluster of three masters of the tests' own, on loopback. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { freePort } from './ports';
import { RedisServer } from './redis-server';

export class RedisCluster {
  #servers: RedisServer[] = [];
  ports: readonly number[] = [];

  async start(): Promise<void> {
    const ports: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const [port, bus] = [await freePort(), await freePort()];
      const server = new RedisServer({
        port,
        settings: [
          ['cluster-enabled', 'yes'],
          ['cluster-port', String(bus)],
          ['cluster-node-timeout', '5000'],
        ],
      });
      this.#servers.push(server);
      await server.start();
      ports.push(port);
    }
    this.ports = ports;
    const nodes = ports.map((port) => `127.0.0.1:${String(port)}`);
    await cli(['--cluster', 'create', ...nodes, '--cluster-yes']);
    while (!(await this.#isWhole())) await new Promise((resume) => setTimeout(resume, 50));
  }

  /** Moves slots from one master to the next, while they are used. */
  async reshard(slots: number): Promise<void> {
    const [from, to] = await Promise.all(
      this.ports.map((port) => cli(['-p', String(port), 'cluster', 'myid'])),
    );
    await cli([
      '--cluster',
      'reshard',
      `127.0.0.1:${String(this.ports[0])}`,
      ...['--cluster-from', from!.trim(), '--cluster-to', to!.trim()],
      ...['--cluster-slots', String(slots), '--cluster-yes'],
    ]);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.remove()));
  }

  async #isWhole(): Promise<boolean> {
    const told = await Promise.all(this.ports.map((port) => ask(port, 'CLUSTER INFO')));
    return told.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'));
  }
}

async function cli(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', args, { maxBuffer: 1 << 26 });
  return stdout;
}

async function ask(port: number, command: string): Promise<string> {
  const connection = connect(port, '127.0.0.1');
  connection.write(`${command}\r\n`);
  const [answer] = (await once(connection, 'data')) as [Buffer];
  connection.destroy();
  return answer.toString();
}
