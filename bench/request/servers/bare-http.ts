/** node:http alone, and a token verified by node:crypto at each request: no framework to share the bill. */
import type { IncomingMessage } from 'node:http';
import { BODY, type Target, tokenCredentials } from '../target';
import { USERS, verifyByHand } from './by-hand';
import { listen } from './listen';

function isAuthenticated({ headers }: IncomingMessage): boolean {
  const line = headers.authorization ?? '';
  const claims = line.startsWith('Bearer ') ? verifyByHand(line.slice(7)) : undefined;
  return claims !== undefined && USERS.get(claims.sub)?.active === true;
}

export async function start({ token }: { token: string }): Promise<Target[]> {
  const port = await listen((request, response) => {
    const isFound = request.method === 'GET' && request.url === '/guarded';
    const status = !isFound ? 404 : isAuthenticated(request) ? 200 : 401;
    const body = JSON.stringify(status === 200 ? BODY : {});
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  return [{ name: 'bare node:http', port, path: '/guarded', ...tokenCredentials(token) }];
}
