import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { dependOn, setHeaders, shapeRefusal } from '../../../src/drivers/reply';
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

describe('dependOn', () => {
  const table: [string | string[] | undefined, string[], string | undefined][] = [
    [undefined, ['Authorization'], 'Authorization'],
    [undefined, ['Authorization', 'Cookie'], 'Authorization, Cookie'],
    ['Origin', ['Authorization'], 'Origin, Authorization'],
    ['Origin, authorization', ['Authorization'], 'Origin, authorization'],
    [['Origin', 'Accept'], ['Authorization'], 'Origin,Accept, Authorization'],
    ['*', ['Authorization'], '*'],
    ['X-Authorization', ['Authorization'], 'X-Authorization, Authorization'],
    [undefined, [], undefined],
  ];
  for (const [before, headers, after] of table) {
    it(`adds ${headers.join()} to Vary: ${String(before)} (RFC 9110 section 12.5.5)`, () => {
      const reply = response();
      if (before !== undefined) reply.setHeader('Vary', before);
      dependOn(reply, headers, false);
      expect(reply.getHeader('Vary')).to.equal(after);
      expect(reply.hasHeader('Cache-Control')).to.be.false;
    });
  }

  it('keeps what is personal out of caches (RFC 9111 section 5.2.2)', () => {
    const reply = response();
    dependOn(reply, ['Authorization'], true);
    dependOn(reply, ['Authorization'], true);
    expect(reply.getHeaders()).to.deep.include({
      vary: 'Authorization',
      'cache-control': 'private, no-store',
    });
  });

  it('changes nothing on a reply that has begun or is not there', () => {
    const reply = response();
    reply.flushHeaders();
    expect(() => dependOn(reply, ['Authorization'], true)).to.not.throw();
    expect(() => dependOn(undefined, ['Authorization'], true)).to.not.throw();
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
