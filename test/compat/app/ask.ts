/** What a client of the app is answered, whatever runs it. */
import assert from 'node:assert/strict';

/** @throws AssertionError for an app that answers otherwise */
export async function ask(url: string): Promise<void> {
  const send = (path: string, authorization?: string, body?: string): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  const basic = (password: string): string => `Basic ${btoa(`ann:${password}`)}`;
  const password = basic('green-paper-boat');

  const anonymous = await send('/me');
  assert.equal(anonymous.status, 401);
  const challenges = anonymous.headers.get('www-authenticate') ?? '';
  assert.match(challenges, /\bBasic realm=/);
  assert.match(challenges, /\bBearer realm=/);
  assert.equal((await send('/me', basic('white-paper-boat'))).status, 401);

  const granted = await send('/me', password);
  assert.equal(granted.status, 200);
  assert.equal(await granted.text(), '{"username":"ann"}');
  assert.equal((await send('/admin', password)).status, 403);

  const { token } = (await (await send('/token', password, '{}')).json()) as { token: string };
  assert.equal((JSON.parse(atob(token.split('.')[0] ?? '')) as { alg: unknown }).alg, 'HS256');
  assert.equal((await send('/me', `Bearer ${token}`)).status, 200);
  assert.equal((await send('/me', `Bearer ${token.slice(0, -4)}AAAA`)).status, 401);

  const note = await send('/notes?count=3', `Bearer ${token}`, '{"text":"tea"}');
  assert.equal(note.status, 200);
  assert.equal(await note.text(), '{"text":"tea","count":3}');
  assert.equal((await send('/notes?count=3', password, '{"text":3}')).status, 400);
  assert.equal((await send('/notes?count=3', undefined, '{"text":3}')).status, 401);
}
