import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type KoaClass from 'koa';

/** On a free port of this machine alone. */
export async function listen(handle: RequestListener): Promise<number> {
  const server = http.createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function listenKoa(app: KoaClass): Promise<number> {
  const handle = app.callback();
  return listen((request, response) => void handle(request, response));
}
