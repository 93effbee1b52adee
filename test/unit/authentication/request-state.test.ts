import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Action } from 'routing-controllers';
import type { RequestState } from '../../../src/authentication/request-state';
import { RequestStates } from '../../../src/authentication/request-state';
import type { AuthenticationOutcome } from '../../../src/authentication/authenticator';
import type { Access } from '../../../src/core/access';
import { fakeRequest } from '../../support/fake-request';
import { rawRequest } from '../http/raw';
import { stateOf } from './fakes';

const states = (): RequestStates => new RequestStates(() => ({ ip: '10.0.0.1', secure: true }));
const access = (route: string): Access => ({ route, action: 'Notes.list' }) as Access;
const on = (request: IncomingMessage, response: object | undefined = {}): Action => ({ request, response });

describe('RequestStates', () => {
  it("keep one state for Node's own request, on Koa and on Express, where nothing copies or prints it", () => {
    const [own, req] = [states(), rawRequest()];
    const [keys, shown] = [Object.keys(req), inspect(req)];
    const state = own.of(on(req));
    expect(own.of({ request: {}, response: {}, context: { req } })).to.equal(state);
    expect(own.find(on(req))).to.equal(state);
    expect([Object.keys(req), inspect(req)]).to.deep.equal([keys, shown]);
    expect(Reflect.ownKeys({ ...req }).filter((key) => typeof key === 'symbol')).to.deep.equal([]);
    expect(Object.getOwnPropertySymbols(req)).to.deep.equal([]);
  });

  it('are apart from those of another instance and of another request', () => {
    const [one, other, req] = [states(), states(), rawRequest()];
    const state = one.of(on(req));
    expect(other.find(on(req))).to.equal(undefined);
    expect(other.of(on(req))).to.not.equal(state);
    expect(one.of(on(rawRequest()))).to.not.equal(state);
    expect(one.find(on(rawRequest()))).to.equal(undefined);
  });

  it('know nothing of a request that an app derives from another', () => {
    const [own, req] = [states(), rawRequest()];
    own.arrived(on(req), access('/a'));
    const derived = Object.create(req) as IncomingMessage;
    expect(own.find(on(derived))).to.equal(undefined);
    expect(own.of(on(derived))).to.not.equal(own.of(on(req)));
  });

  it('know the action, route and path of the arrival, and keep what was known before', () => {
    const [own, req] = [states(), rawRequest({ url: '/notes/1' })];
    const early = own.of({ request: req, response: undefined });
    expect([early.access, early.request.route, early.request.response]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    const [action, guard, before] = [on(req), access('/notes/:id'), early.request];
    expect(own.arrived(action, guard)).to.equal(early);
    // What began before goes on with what it had.
    expect([before.route, before.action === action]).to.deep.equal([undefined, false]);
    req.url = '/rewritten';
    expect([early.access, early.request.action]).to.deep.equal([guard, action]);
    expect([early.request.route, early.request.path]).to.deep.equal(['/notes/:id', '/notes/1']);
    const { request } = early;
    expect(own.at({ ...action }, guard)).to.equal(early);
    expect(early.request).to.equal(request);
    expect(early.request.path).to.equal('/notes/1');
  });

  it('ask the skip hook again at another arrival, and keep requests apart that two replies are made for', () => {
    const [own, req] = [states(), rawRequest({ url: '/a' })];
    const [first, second, guard] = [on(req), on(req), access('/a')];
    const state = own.arrived(first, guard);
    state.isSkipped = true;
    const { request } = state;
    expect(own.at(first, guard).isSkipped).to.equal(true);
    expect(own.at(second, guard).isSkipped).to.equal(undefined);
    expect([request.action, state.request.action]).to.deep.equal([first, second]);
    state.isSkipped = true;
    expect(own.arrived(second, access('/b')).isSkipped).to.equal(undefined);
  });

  it('are of a new arrival where the guard of the same action is asked once more', () => {
    const [own, req] = [states(), rawRequest({ url: '/a' })];
    const [action, guard] = [on(req), access('/:name')];
    own.arrived(action, guard);
    expect(own.atGuard(action, guard).request.path).to.equal('/a');
    req.url = '/b';
    const state = own.atGuard(action, guard);
    expect(state.request.path).to.equal('/b');
    expect(own.at(action, guard).request.path).to.equal('/b');
  });

  it('take the access that a check brings, where the request arrived at another action', () => {
    const [own, req] = [states(), rawRequest({ url: '/b' })];
    own.arrived(on(req), access('/a'));
    const guard = access('/b');
    expect(own.at(on(req), guard)).to.include({ access: guard });
    expect(own.of(on(req)).request.route).to.equal('/b');
  });
});

describe('RequestState', () => {
  const outcome = (kind: string): AuthenticationOutcome => ({ kind }) as unknown as AuthenticationOutcome;

  it('decides once, and has the outcome at once where nobody is waited for', () => {
    const state = stateOf(fakeRequest());
    const first = outcome('first');
    expect(state.authenticated(() => first)).to.equal(first);
    expect(state.authenticated(() => outcome('second'))).to.equal(first);
    expect(state.outcome).to.equal(first);
  });

  it('has all who ask meanwhile wait for the one decision, also one that asks from within it', async () => {
    const state = stateOf(fakeRequest());
    let within: unknown;
    const decided = outcome('decided');
    const asked = [
      state.authenticated(async (request) => {
        expect(request).to.equal(state.request);
        within = state.authenticated(() => outcome('within'));
        return decided;
      }),
      state.authenticated(() => outcome('meanwhile')),
    ];
    expect(await Promise.all([...asked, within])).to.deep.equal([decided, decided, decided]);
  });

  it('fails for all who ask where the decision fails', async () => {
    const state: RequestState = stateOf(fakeRequest());
    const fault = new Error('fault');
    const failing = (): never => {
      throw fault;
    };
    for (const ask of [failing, () => outcome('later')]) {
      const failure = await Promise.resolve(state.authenticated(ask)).catch((error: unknown) => error);
      expect(failure).to.equal(fault);
    }
    expect(state.outcome).to.equal(undefined);
  });
});
