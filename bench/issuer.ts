/**
 * What a request costs with an access token of another issuer, without host and chain, in CPU microseconds and as a ratio
 * to jose.jwtVerify() by hand. All by turns in one process, so that every number sees the same machine.
 */
import 'reflect-metadata';
import * as jose from 'jose';
import { MemoryUserstore, type SecurityRequest } from '../src';
import { AccessTokenProvider } from '../src/oidc';

const ROUNDS = 5;
const PER_ROUND = 2000;
const TOKENS = 100;
const ISSUER = 'https://id.example';
const SIGNAL = new AbortController().signal;

type Work = (index: number) => unknown;

/** Each header is a string of its own, as node makes them. */
function requestWith(bytes: Buffer): SecurityRequest {
  const header = bytes.toString('latin1');
  return {
    method: 'GET',
    path: '/',
    url: '/',
    route: undefined,
    ip: '127.0.0.1',
    secure: true,
    clientCertificate: undefined,
    signal: SIGNAL,
    action: { request: {}, response: {} },
    header: (name) => (name === 'authorization' ? header : undefined),
    cookie: () => undefined,
  };
}

async function measure(algorithm: string): Promise<void> {
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'k', alg: algorithm, use: 'sig' };
  const subjects = Array.from({ length: TOKENS }, (_, index) => `user${String(index)}`);
  const users = new MemoryUserstore({ users: subjects.map((username) => ({ username })) });
  const tokens = await Promise.all(
    subjects.map((subject) =>
      new jose.SignJWT({ scope: 'notes:read notes:write', client_id: 'web' })
        .setProtectedHeader({ alg: algorithm, kid: 'k', typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setSubject(subject)
        .setAudience('notes-api')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
  const headers = tokens.map((token) => Buffer.from(`Bearer ${token}`));
  const at = (index: number): SecurityRequest => requestWith(headers[index % TOKENS] ?? Buffer.alloc(0));
  const provider = (tokenCache: number): AccessTokenProvider =>
    new AccessTokenProvider({
      issuer: ISSUER,
      audience: 'notes-api',
      keys: { jwks: { keys: [jwk] } },
      tokenCache,
    });
  const [remembering, forgetful] = [provider(1000), provider(0)];
  const keys = jose.createLocalJWKSet({ keys: [jwk] });
  const byHand: Work = (index) =>
    jose.jwtVerify(at(index).header('authorization')?.slice(7) ?? '', keys, {
      issuer: ISSUER,
      audience: 'notes-api',
      typ: 'at+jwt',
      algorithms: [algorithm],
    });
  const works: Readonly<Record<string, Work>> = {
    'jose by hand': byHand,
    'not remembered': (index) => forgetful.authenticate(at(index), users),
    remembered: (index) => remembering.authenticate(at(index), users),
  };
  const found = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const cost = await time(work);
      // The first round warms up.
      if (round > 0) found.get(name)?.push(cost);
    }
  }
  const median = (name: string): number =>
    found.get(name)?.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? NaN;
  for (const name of Object.keys(works)) {
    const ratio = median(name) / median('jose by hand');
    console.log(
      `${algorithm.padEnd(6)} ${name.padEnd(16)} ${median(name).toFixed(1)} us  ${ratio.toFixed(2)}`,
    );
  }
}

/** CPU microseconds of one. What answers later is waited for. */
async function time(work: Work): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < PER_ROUND; index += 1) {
    const answer = work(index);
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / PER_ROUND;
}

async function main(): Promise<void> {
  for (const algorithm of ['RS256', 'ES256', 'EdDSA']) await measure(algorithm);
}

void main();
