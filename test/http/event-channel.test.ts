/** Events on Node's own channel, for tools that an app hands nothing to. */
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compiled } from '../support/compiled';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

const users = provider(
  'p',
  (request) => {
    const username = request.header('x-user');
    return username === undefined ? null : { username };
  },
  { credential: 'x-user' },
);

for (const driver of DRIVERS) {
  describe(`The channel securest:event on ${driver.name}`, () => {
    beforeEach(reset);
    const heard: unknown[] = [];
    const hear = (message: unknown): void => void heard.push(message);
    beforeEach(() => {
      heard.length = 0;
      subscribe('securest:event', hear);
    });
    afterEach(() => void unsubscribe('securest:event', hear));

    it('has what onEvent hears', async () => {
      await using api = await startApi(driver, { security: { providers: [users] } });
      for (const path of ['/guarded', '/admin', '/open']) {
        await api.get(path, { 'x-user': 'ann' });
        await api.get(path);
      }
      expect(api.events.length).to.be.greaterThan(5);
      expect(heard).to.deep.equal(api.events);
    });

    it('has the events of an app without onEvent', async () => {
      await using api = await startApi(driver, {
        security: { providers: [users], onEvent: undefined } as never,
      });
      await api.get('/guarded', { 'x-user': 'ann' });
      expect(api.events).to.deep.equal([]);
      expect(heard.map((event) => (event as { type: string }).type)).to.deep.equal([
        'authenticated',
        'allowed',
      ]);
    });
  });
}

describe('A subscriber of securest:event that throws', () => {
  it('changes no decision on any host, and what it throws reaches the process', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      compiled('test/fixtures/observed/throwing-subscriber.ts'),
    ]);
    const replies = [200, 401, 403, 401];
    expect(JSON.parse(stdout)).to.deep.equal({
      replies: Object.fromEntries(DRIVERS.map(({ name }) => [name, replies])),
      uncaught: ['authenticated', 'allowed'],
    });
  });
});
