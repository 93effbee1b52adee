import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The header in which a stubbed action states its name, percent-encoded. */
export const REACHED = 'x-securest-reached';

/** The result of a request to a stubbed server. */
export interface StubbedReply {
  readonly status: number;
  /**
   * The action or guard that the request reached, for example `NotesController.list`; undefined if it reached neither.
   */
  readonly reached: string | undefined;
}

/** A server of an app in which no action runs: a request that reaches an action gets 204 and its name. */
export class StubbedServer {
  private constructor(private readonly server: http.Server) {}

  /** Starts the server on a free port of this machine. */
  static async listen(listener: http.RequestListener): Promise<StubbedServer> {
    const server = http.createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StubbedServer(server);
  }

  request(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<StubbedReply> {
    const { port } = this.server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers, agent: false };
      const request = http.request(options, (response) => {
        const reached = response.headers[REACHED];
        response.resume();
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            reached: typeof reached === 'string' ? decodeURIComponent(reached) : undefined,
          });
        });
      });
      request.on('error', reject);
      request.end();
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
