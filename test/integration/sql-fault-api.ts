/** An app whose one user is in a database, to be asked while that fails. */
import { expect } from 'chai';
import { SqlUserstore, type SqlUserstoreOptions } from '../../src/sql';
import { basic, type Driver } from '../support/drivers';
import { eventually } from '../support/eventually';
import { type Api, startApi } from '../support/scripted';
import { CheapPasswordProvider } from '../support/hashers';

/** Far above the limits of the client: a store that goes by them never meets it. */
const deadlineMs = 60_000;

export class SqlFaultApi {
  #api: Api | undefined;

  /** Secures an app by that client alone. */
  async start(
    driver: Driver,
    client: SqlUserstoreOptions['client'],
    options?: Partial<SqlUserstoreOptions>,
  ): Promise<Api> {
    class Users extends SqlUserstore {
      constructor() {
        super({ client, ...options });
      }
    }
    class Password extends CheapPasswordProvider {
      constructor() {
        super({ credentialCache: false, throttle: false });
      }
    }
    this.#api = await startApi(driver, {
      security: { userstores: [Users], providers: [Password], deadlineMs },
    });
    return this.#api;
  }

  /** The status for ann, whose password is `secret`. */
  async login(password = 'secret'): Promise<number> {
    const { events, get } = this.#api!;
    const { status, headers } = await get('/guarded', basic('ann', password));
    if (status === 503) {
      // The client's own limits ended it, not the deadline.
      expect(events.filter((event) => 'reason' in event && event.reason === 'deadline_passed')).to.be.empty;
      expect(headers['retry-after']).to.match(/^\d+$/);
      expect(headers).to.not.have.property('www-authenticate');
    }
    return status;
  }

  async works(): Promise<void> {
    await eventually(async () => (await this.login()) === 200);
    await eventually(async () => (await this.login('wrong')) === 401);
  }

  async refuses(): Promise<void> {
    const statuses = await Promise.all([this.login(), this.login('wrong'), this.login()]);
    expect(statuses).to.deep.equal([503, 503, 503]);
  }

  async close(): Promise<void> {
    await this.#api?.[Symbol.asyncDispose]();
    this.#api = undefined;
  }
}
