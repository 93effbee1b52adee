/** User files that change while users log in. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { ConfigurationError, type Constructor, FileUserstore, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

for (const driver of DRIVERS) {
  describe(`User files that change on ${driver.name}`, () => {
    let folder: string;
    let path: string;
    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'users-'));
      path = join(folder, 'users.yaml');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** Replaces the file as a whole, as writers should. */
    const replace = (text: string) => {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    };
    /** Users and a group of one version: the roles of all of them carry its number. */
    const version = (number: number) =>
      [
        'users:',
        `  - { username: ann, email: v${number}@example.org, roles: [own${number}], groups: [team] }`,
        'groups:',
        `  - { name: team, roles: [team${number}] }`,
        '',
      ].join('\n');
    const byName = provider(
      'p',
      async (request, users) => {
        const name = request.header('x-user');
        return name === undefined ? null : await users.getUser(name);
      },
      { credential: 'x-user' },
    );
    const start = (controllers?: Constructor<object>[]) => {
      class File extends FileUserstore {
        constructor() {
          super({ path, pollMs: 2 });
        }
      }
      const host = controllers === undefined ? {} : { controllers };
      return startApi(driver, { host, security: { providers: [byName], userstores: [File] } });
    };

    it('a bad first version stops the app at start', async () => {
      for (const text of ['', 'users: [', 'users: ann', 'users:\n  - { username: ann, active: "off" }\n']) {
        replace(text);
        const outcome = await start().then(
          (api) => api[Symbol.asyncDispose]().then(() => 'started'),
          (error: unknown) => error,
        );
        expect(outcome, text).to.be.instanceOf(ConfigurationError);
      }
    });

    it('a broken, empty or deleted file leaves the last good users, and is reported once', async () => {
      replace(version(1));
      await using api = await start();
      const problems = () => api.events.filter(({ type }) => type === 'misconfigured').length;
      const isIn = async () => (await api.get('/guarded', { 'x-user': 'ann' })).status === 200;
      const faults = ['users: [', '', 'users:\n  - { username: ann, active: off }\n', undefined];
      for (const [index, text] of faults.entries()) {
        if (text === undefined) rmSync(path);
        else replace(text);
        await eventually(() => problems() > index);
        expect(problems(), String(text)).to.equal(index + 1);
        expect(await isIn(), String(text)).to.equal(true);
      }
      replace(version(2).replaceAll('ann', 'bob'));
      const users = async () => (await api.get('/guarded', { 'x-user': 'bob' })).status;
      while ((await users()) !== 200);
      expect(await isIn()).to.equal(false);
      await api.security.close();
    });

    it('a thousand logins during reloads see one version each, never a mixture', async () => {
      @JsonController()
      class Versions {
        @Authorized()
        @Get('/version')
        version(@CurrentUser() { email, roles }: User) {
          return { email, roles };
        }
      }
      replace(version(0));
      await using api = await start([Versions]);
      let logins = 0;
      const versionsOf = async (parallel: number): Promise<Set<string>> => {
        const requests = Array.from({ length: parallel }, () => api.get('/version', { 'x-user': 'ann' }));
        const numbers = (await Promise.all(requests)).map((reply) => {
          const { email } = reply.json();
          const number = String(/^v(\d+)@/.exec(String(email))?.[1]);
          expect(reply.json()).to.deep.equal({ email, roles: [`own${number}`] });
          return number;
        });
        logins += parallel;
        return new Set(numbers);
      };
      for (let number = 1; number <= 50 || logins < 1000; number += 1) {
        replace(version(number));
        while (!(await versionsOf(20)).has(String(number)));
      }
      await api.security.close();
      const troubles = api.events.filter(({ type }) => type === 'unavailable' || type === 'misconfigured');
      expect(troubles).to.deep.equal([]);
    });
  });
}
