import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { FetchFailedError, JsonFetcher } from '../../../src/oidc/fetch-json';
import { safeUrl } from '../../../src/util/safe-url';
import { DEADLINE_MS, holdDeadlines, tooLate } from '../../support/deadlines';
import { eventually } from '../../support/eventually';
import { type Answer, ScriptedIssuer, sendJson } from '../../support/scripted-issuer';

const MAX_BYTES = 512 * 1024;

describe('JsonFetcher', () => {
  let issuer: ScriptedIssuer;
  let fetcher: JsonFetcher;

  holdDeadlines();
  beforeEach(async () => {
    issuer = await ScriptedIssuer.start();
    fetcher = new JsonFetcher(DEADLINE_MS);
  });
  afterEach(async () => {
    fetcher.close();
    await issuer.close();
  });

  const failure = async (address: string): Promise<FetchFailedError> => {
    const error: unknown = await fetcher.fetch(address).then(
      () => new Error('it was taken'),
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(FetchFailedError);
    return error as FetchFailedError;
  };

  it('returns the JSON object of a 200', async () => {
    issuer.on('/x?p=1', { issuer: 'a' });
    expect(await fetcher.fetch(`${issuer.origin}/x?p=1`)).to.deep.equal({ issuer: 'a' });
    expect(issuer.asked[0]).to.deep.include({ method: 'GET', body: '' });
    expect(issuer.asked[0]?.headers).to.include({
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
  });

  it('posts a form with headers', async () => {
    issuer.on('/x', { active: true });
    const form = new URLSearchParams({ token: 'a b+c/ü' });
    await fetcher.fetch(`${issuer.origin}/x`, { form, headers: { Authorization: 'Basic eA==' } });
    expect(issuer.asked[0]).to.deep.include({ method: 'POST', body: 'token=a+b%2Bc%2F%C3%BC' });
    expect(issuer.asked[0]?.headers).to.include({
      authorization: 'Basic eA==',
      'content-type': 'application/x-www-form-urlencoded',
    });
  });

  it('takes a body of exactly 512 KiB, and one that comes in parts', async () => {
    const text = JSON.stringify({ a: 'x'.repeat(MAX_BYTES - 8) });
    expect(text).to.have.length(MAX_BYTES);
    issuer.on('/x', (_, response) => {
      for (let at = 0; at < text.length; at += 50_000) response.write(text.slice(at, at + 50_000));
      response.end();
    });
    expect(await fetcher.fetch(`${issuer.origin}/x`)).to.have.property('a');
  });

  const wrong: Readonly<Record<string, [answer: Answer, status: number]>> = {
    'a redirect, which it does not follow': [
      (_, response) => response.writeHead(302, { Location: '/other' }).end('{}'),
      302,
    ],
    'a 201': [(_, response) => sendJson(response, {}, 201), 201],
    'a 204': [(_, response) => response.writeHead(204).end(), 204],
    'a 401': [(_, response) => sendJson(response, {}, 401), 401],
    'a 500': [(_, response) => sendJson(response, {}, 500), 500],
    'a list': [(_, response) => sendJson(response, [{}]), 200],
    null: [(_, response) => sendJson(response, null), 200],
    'a text': [(_, response) => sendJson(response, 'secret'), 200],
    'no JSON': [(_, response) => response.end('{"a": secret'), 200],
    'an empty body': [(_, response) => response.end(), 200],
    'bytes that are not UTF-8': [
      (_, response) => response.end(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
      200,
    ],
    'a property __proto__': [(_, response) => response.end('{"__proto__":{"keys":[]}}'), 200],
    'compressed text': [
      (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('{}')),
      200,
    ],
    'a body one byte too long': [(_, response) => response.end(`{"a":"${'x'.repeat(MAX_BYTES - 7)}"}`), 200],
  };
  for (const [what, [answer, status]] of Object.entries(wrong)) {
    it(`fails for ${what}, and says nothing of the body`, async () => {
      issuer.on('/x?key=hidden', answer).on('/other', {});
      const error = await failure(`${issuer.origin}/x?key=hidden`);
      expect(error.status).to.equal(status);
      expect(error.message).to.include(`${issuer.origin}/x `);
      expect(`${error.message} ${String(error.cause)}`).to.not.match(/secret|hidden/);
      expect(issuer.count('/other')).to.equal(0);
    });
  }

  it('fails at once for an answer of another protocol', async () => {
    issuer.on('/x', (_, response) => {
      response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n{}',
      );
    });
    expect((await failure(`${issuer.origin}/x`)).message).to.include('closed the connection');
    issuer.on('/x', { issuer: 'a' });
    expect(await fetcher.fetch(`${issuer.origin}/x`)).to.deep.equal({ issuer: 'a' });
  });

  it('reads no more than it takes of a body without an end', async () => {
    let isClosed = false;
    issuer.on('/x', (_, response) => {
      response.on('close', () => (isClosed = true));
      const chunk = Buffer.alloc(16_384, 0x20);
      const more = (): void => {
        while (!isClosed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    expect((await failure(`${issuer.origin}/x`)).message).to.include('more than 524288 bytes');
    await eventually(() => isClosed);
    // What the sockets of both sides hold is not counted by the reader.
    expect(issuer.sent).to.be.below(64 * MAX_BYTES);
  });

  it('fails without reading when the length is stated and too long', async () => {
    issuer.on('/x', (_, response) => {
      response.writeHead(200, { 'Content-Length': MAX_BYTES + 1 }).flushHeaders();
    });
    expect((await failure(`${issuer.origin}/x`)).message).to.include('more than');
  });

  const slow: Readonly<Record<string, Answer>> = {
    'no answer': () => tooLate(undefined),
    'a body that does not end': (_, response) => {
      response.write('{"a":');
      tooLate(undefined);
    },
  };
  for (const [what, answer] of Object.entries(slow)) {
    it(`fails for ${what} in time, and ends the connection`, async () => {
      let isClosed = false;
      issuer.on('/x', (asked, response) => {
        response.on('close', () => (isClosed = true));
        return answer(asked, response);
      });
      expect((await failure(`${issuer.origin}/x`)).message).to.include('did not answer within');
      await eventually(() => isClosed);
    });
  }

  it('fails for a body that ends early', async () => {
    issuer.on('/x', (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{}');
      setImmediate(() => response.destroy());
    });
    expect((await failure(`${issuer.origin}/x`)).message).to.match(/cannot be reached \(ECONNRESET\)$/);
  });

  it('fails where nothing listens, and where the other side speaks something else', async () => {
    const { origin } = issuer;
    issuer.down();
    expect((await failure(`${origin}/x`)).message).to.include('ECONNRESET');
    const other = createServer((socket: Socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HELLO\r\n\r\n'),
    );
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect((await failure(`http://127.0.0.1:${port}/x`)).message).to.include('HPE_');
    expect((await failure(`https://127.0.0.1:${port}/x`)).message).to.include('cannot be reached');
    other.close();
    await once(other, 'close');
    expect((await failure(`http://127.0.0.1:${port}/x`)).message).to.include('ECONNREFUSED');
  });

  it('uses a connection again, and another where the issuer has closed it meanwhile', async () => {
    issuer.on('/x', {});
    for (let index = 0; index < 5; index += 1) await fetcher.fetch(`${issuer.origin}/x`);
    expect(issuer.connections).to.equal(1);
    let drops = 1;
    issuer.on('/x', (_, response) => {
      if (drops-- > 0) response.socket?.resetAndDestroy();
      else sendJson(response, { again: true });
    });
    expect(await fetcher.fetch(`${issuer.origin}/x`)).to.deep.equal({ again: true });
  });

  it('asks 300 times at once, and Node warns of nothing', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    issuer.on('/x', {});
    await Promise.all(Array.from({ length: 300 }, () => fetcher.fetch(`${issuer.origin}/x`)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listener);
    expect(warnings).to.deep.equal([]);
  });

  it('asks a second time at most', async () => {
    issuer.on('/x', {});
    await fetcher.fetch(`${issuer.origin}/x`);
    issuer.on('/x', (_, response) => response.socket?.resetAndDestroy());
    await failure(`${issuer.origin}/x`);
    expect(issuer.count('/x')).to.be.at.most(3);
  });

  it('ends what is under way when it is closed, and fails from then on', async () => {
    issuer.on('/x', () => fetcher.close());
    expect((await failure(`${issuer.origin}/x`)).message).to.include('any more');
    const asked = issuer.asked.length;
    expect((await failure(`${issuer.origin}/x`)).message).to.include('any more');
    expect(issuer.asked).to.have.length(asked);
  });

  it('fails for an address that is not allowed, without showing it', async () => {
    for (const address of ['http://id.example/x', 'ftp://a/', 'secret', 'https://u:secret@id.example/']) {
      expect((await failure(address)).message).to.not.include('secret');
    }
  });

  it('keeps no process alive by its connections and timers', async () => {
    issuer.on('/x', {});
    const program = `
      const { JsonFetcher } = require('./src/oidc/fetch-json');
      new JsonFetcher(600_000).fetch(process.argv[1]).then((object) => console.log(JSON.stringify(object)));`;
    const args = ['-r', '@swc-node/register', '-e', program, `${issuer.origin}/x`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: process.cwd() });
    expect(stdout.trim()).to.equal('{}');
  });
});

describe('safeUrl', () => {
  it('takes https, and http on loopback', () => {
    for (const address of [
      'https://id.example',
      'https://id.example/realms/app',
      'https://id.example:8443/a%20b/?x=1&y=%26',
      'https://[2001:db8::1]/a',
      'http://localhost:3000',
      'http://127.0.0.1/',
      'http://127.8.9.10/',
      'http://[::1]:80/',
      'https://id.example/a@b',
    ]) {
      expect(safeUrl(address), address).to.be.instanceOf(URL);
    }
  });

  it('refuses everything else', () => {
    for (const address of [
      'http://id.example',
      'http://localhost.id.example',
      'http://127.0.0.1.id.example/',
      'http://128.0.0.1/',
      'http://0.0.0.0/',
      'http://[::]/',
      'HTTPS://id.example/',
      'https:/id.example',
      'https:id.example',
      'https://',
      'https://user@id.example/',
      'https://user:password@id.example/',
      'https://@id.example/',
      'https://id.example/#',
      'https://id.example/#a',
      'https://id.example/a b',
      ' https://id.example/',
      'https://id.example/\n',
      'https://id.example\\a',
      'https://id.exämple/',
      'https://id.example:99999/',
      'ftp://id.example/',
      'file:///etc/passwd',
      'data:application/json,{}',
      '',
      undefined,
      null,
      new URL('https://id.example/'),
    ]) {
      expect(safeUrl(address), String(address)).to.equal(undefined);
    }
  });
});
