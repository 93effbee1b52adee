import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { dependOn, replyError, sendableHeaders, setHeaders, shapeRefusal } from '../../../src/http/reply';
import { AccessDeniedError } from '../../../src/errors';

function response(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

describe('setHeaders', () => {
  it('sets one line for each of several values', () => {
    const reply = response();
    setHeaders(reply, { 'WWW-Authenticate': ['Basic', 'Bearer'], 'X-A': '1' });
    expect(reply.getHeaders()).to.deep.include({ 'www-authenticate': ['Basic', 'Bearer'], 'x-a': '1' });
  });

  it('sets the others where a name or value is no header', () => {
    const reply = response();
    const headers = {
      'a b': '1',
      'X-A': 'x\r\ny: z',
      'X-B': 7 as never,
      'X-C': null as never,
      'X-D': 'kept',
    };
    setHeaders(reply, headers);
    expect({ ...reply.getHeaders() }).to.deep.equal({ 'x-d': 'kept' });
  });

  it('changes nothing on a reply that has begun or is not there', () => {
    const reply = response();
    reply.flushHeaders();
    expect(() => setHeaders(reply, { 'X-A': '1' })).to.not.throw();
    expect(() => setHeaders(undefined, { 'X-A': '1' })).to.not.throw();
    expect(reply.hasHeader('x-a')).to.be.false;
  });
});

describe('sendableHeaders', () => {
  for (const name of [
    'Connection',
    'connection',
    'Content-Encoding',
    'Content-Length',
    'CONTENT-LENGTH',
    'Content-Range',
    'Expect',
    'HTTP2-Settings',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ]) {
    it(`leaves ${name} to the host (RFC 9110 section 7.6.1, RFC 9112 section 6)`, () => {
      for (const value of ['chunked', '5', ['close', 'x']]) {
        expect(sendableHeaders({ [name]: value, 'Set-Cookie': ['a=1', 'b=2'] })).to.deep.equal({
          'Set-Cookie': ['a=1', 'b=2'],
        });
      }
    });
  }

  for (const type of [
    'text/plain',
    'text/html; charset=utf-8',
    'application/problem+json;charset=UTF-8;profile="a \\" b"',
    'multipart/form-data ; boundary=x',
  ]) {
    it(`takes the media type ${type} (RFC 9110 section 8.3.1)`, () => {
      expect(sendableHeaders({ 'content-type': type })).to.deep.equal({ 'content-type': type });
    });
  }

  for (const type of [
    '',
    'text',
    'text/',
    '/plain',
    'text /plain',
    'text/plain, text/html',
    'text/plain; charset',
    'text/plain; charset=',
    'text/plain;',
    'text/plain; charset="utf-8',
    'text/plain; charset=utf 8',
    'text/plän',
    ['text/plain', 'text/html'],
    ['text/plain'],
  ]) {
    it(`drops the media type ${JSON.stringify(type)} (RFC 9110 section 8.3.1)`, () => {
      expect(sendableHeaders({ 'Content-Type': type, 'X-A': '1' })).to.deep.equal({ 'X-A': '1' });
    });
  }

  it('drops a long media type that is none, at once', () => {
    const headers = { 'Content-Type': `text/plain${'; a="'.repeat(50_000)}${';a=b'.repeat(50_000)} ` };
    expect(sendableHeaders(headers)).to.deep.equal({});
  });

  it('gives none for what cannot be looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = {
      get 'X-A'(): string {
        throw new Error('own');
      },
      'X-B': '2',
    };
    for (const headers of [proxy, undefined, null, 'X-A: 1', 5]) {
      expect(sendableHeaders(headers)).to.deep.equal({});
    }
    expect(sendableHeaders(throwing)).to.deep.equal({ 'X-B': '2' });
    expect(sendableHeaders({ 'X-A': ['1', 2], 'X-B': ['1', 'a\nb'], 'X-C': '3' })).to.deep.equal({
      'X-C': '3',
    });
  });
});

describe('replyError', () => {
  it('asks an error for its JSON once', () => {
    let asked = 0;
    const thrown = Object.assign(new AccessDeniedError(), {
      toJSON() {
        asked += 1;
        if (asked > 1) throw new Error('once');
        return { mine: { toJSON: () => 'inner' } };
      },
    });
    const error = replyError(thrown);
    for (let time = 0; time < 2; time += 1) expect(error.toJSON()).to.deep.equal({ mine: 'inner' });
    expect([error.httpCode, asked]).to.deep.equal([403, 1]);
  });

  const unusable: Record<string, object> = {
    'throws for its JSON': {
      toJSON: () => {
        throw new Error('own');
      },
    },
    'has a bigint in its JSON': { toJSON: () => ({ n: 1n }) },
    'has no JSON': { toJSON: () => undefined },
    'has a number as message': { message: 404 },
    'has a symbol as message': { message: Symbol('x') },
    'has an object as stack': { stack: { own: true } },
  };
  for (const [what, own] of Object.entries(unusable)) {
    it(`replies with a fault for an error that ${what}`, () => {
      const error = replyError(Object.assign(new AccessDeniedError(), own));
      expect([error.httpCode, error.code]).to.deep.equal([500, 'security_error']);
    });
  }
});

describe('dependOn', () => {
  const table: [string | string[] | undefined, string[], string | undefined][] = [
    [undefined, ['Authorization'], 'Authorization'],
    [undefined, ['authorization', 'cookie'], 'authorization, cookie'],
    ['Origin', ['authorization'], 'Origin, authorization'],
    ['Origin, authorization', ['authorization'], 'Origin, authorization'],
    [['Origin', 'Accept'], ['authorization'], 'Origin,Accept, authorization'],
    ['*', ['authorization'], '*'],
    ['X-Authorization', ['authorization'], 'X-Authorization, authorization'],
    ['ORIGIN, Authorization', ['authorization', 'origin'], 'ORIGIN, Authorization'],
    [undefined, [], undefined],
  ];
  for (const [before, headers, after] of table) {
    it(`adds ${headers.join()} to Vary: ${String(before)} (RFC 9110 section 12.5.5)`, () => {
      const reply = response();
      if (before !== undefined) reply.setHeader('Vary', before);
      dependOn(reply, headers, [], false);
      expect(reply.getHeader('Vary')).to.equal(after);
      expect(reply.hasHeader('Cache-Control')).to.be.false;
    });
  }

  it('keeps what is personal out of caches (RFC 9111 section 5.2.2)', () => {
    const reply = response();
    dependOn(reply, ['authorization'], ['authorization', 'x-key'], true);
    dependOn(reply, ['authorization'], ['authorization', 'x-key'], true);
    expect(reply.getHeaders()).to.deep.include({
      vary: 'authorization, x-key',
      'cache-control': 'private, no-store',
    });
  });

  it('changes nothing on a reply that has begun or is not there', () => {
    const reply = response();
    reply.flushHeaders();
    expect(() => dependOn(reply, ['authorization'], ['authorization', 'x-key'], true)).to.not.throw();
    expect(() => dependOn(undefined, ['authorization'], [], true)).to.not.throw();
  });
});

describe('shapeRefusal', () => {
  for (const status of [301, 302, 403, 404, 418, 511]) {
    it(`takes status ${status}`, () => {
      const error = new AccessDeniedError();
      shapeRefusal(error, { status });
      expect(error).to.include({ httpCode: status, status });
    });
  }

  const outOfBounds: unknown[] = [
    0,
    1,
    100,
    101,
    200,
    204,
    299,
    299.5,
    304.5,
    599,
    600,
    999,
    -403,
    NaN,
    Infinity,
  ];
  for (const status of [...outOfBounds, '404', null, true, {}, [404], undefined]) {
    it(`keeps its own status for ${JSON.stringify(status)}`, () => {
      const error = new AccessDeniedError();
      shapeRefusal(error, { status } as never);
      expect(error).to.include({ httpCode: 403, status: 403 });
    });
  }

  it('adds headers to those the error has, and replaces them', () => {
    const error = new AccessDeniedError();
    error.headers = { 'X-A': '1', 'X-B': '2' };
    shapeRefusal(error, { headers: { 'X-B': '3', 'X-C': '4' } });
    expect(error.headers).to.deep.equal({ 'X-A': '1', 'X-B': '3', 'X-C': '4' });
  });

  it('replaces the body for JSON and for text controllers', () => {
    const bodies: [unknown, json: string, text: string][] = [
      [{ error: 'no' }, '{"error":"no"}', '{"error":"no"}'],
      ['no', '"no"', 'no'],
      [null, 'null', 'null'],
    ];
    for (const [body, json, text] of bodies) {
      const error = new AccessDeniedError();
      shapeRefusal(error, { body });
      expect(JSON.stringify(error)).to.equal(json);
      expect(error.message).to.equal(text);
    }
  });

  it('asks a body for its JSON once', () => {
    let asked = 0;
    const body = {
      toJSON() {
        asked += 1;
        if (asked > 1) throw new Error('once');
        return { at: new Date(0), inner: { toJSON: () => asked } };
      },
    };
    const error = new AccessDeniedError();
    shapeRefusal(error, { body });
    const json = '{"at":"1970-01-01T00:00:00.000Z","inner":1}';
    for (let time = 0; time < 2; time += 1) expect(JSON.stringify(error)).to.equal(json);
    expect(error.message).to.equal(json);
    expect(error.toJSON()).to.deep.equal(JSON.parse(json));
  });

  it('leaves body, status and headers where the hook says nothing', () => {
    const error = new AccessDeniedError();
    const before = JSON.stringify(error);
    shapeRefusal(error, {});
    expect(JSON.stringify(error)).to.equal(before);
    expect(error).to.deep.include({ httpCode: 403, headers: {} });
  });

  it('throws for a body that cannot be sent, before anything of it is taken', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const error = new AccessDeniedError();
    const before = JSON.stringify(error);
    expect(() => shapeRefusal(error, { status: 404, headers: { 'X-A': '1' }, body: cyclic })).to.throw(
      TypeError,
    );
    expect(JSON.stringify(error)).to.equal(before);
    expect(error).to.deep.include({ httpCode: 403, headers: {} });
  });
});
