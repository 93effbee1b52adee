/** The values and operations that an instance supplies for one action, or for one route of the library's own. */
import { attribute } from '../authentication/attribute';
import { passwordLinks, proofLink } from '../authentication/brought-links';
import type { ChainLink } from '../authentication/chain';
import { withChallenges } from '../authentication/own-challenges';
import type { Access } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { Action } from '../core/exchange';
import type { SecurityRequest } from '../core/request';
import { UNCONVERTIBLE } from '../core/resource';
import { userIdOf } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import type { Answers } from '../decorators/answers';
import { AccessDeniedError, AuthenticationRequiredError } from '../errors';
import { chained } from '../util/maybe-promise';
import type { SecurityParts } from './parts';
import type { Settle } from './settled';

/** @param route returns the route of a request, with the prefix of its server */
export function answersFor(
  parts: SecurityParts,
  settled: Settle,
  access: Access,
  route: (action: Action) => string,
): Answers {
  const { authenticator, checkers, components, options, passwordChange, resources, states } = parts;
  const later = <T>(work: () => MaybePromise<T>): Promise<T> => Promise.resolve(settled(work));
  return {
    authentication: (action) => later(() => checkers.attributedLogin(action, access)),
    withSameLogin: (action, read) =>
      later(async () => {
        const login = await checkers.login(action, access);
        if (login === undefined) throw new AuthenticationRequiredError();
        // Before the body: the store may change the record that it gave.
        const known = { login, request: states.at(action, access).request, id: userIdOf(login.record) };
        const result = await read();
        const recheck = await authenticator.recheck(known);
        if (recheck.kind !== 'holds') throw recheck.error();
        return result;
      }),
    resource: (action, store, parameter) =>
      later(async () => {
        const resource = await resources.load(states.at(action, access), action, access, store, parameter);
        if (resource === UNCONVERTIBLE) throw new AccessDeniedError();
        return resource;
      }),
    changePassword: (action, body, minLength) =>
      later(async () => {
        const login = await checkers.login(action, access);
        const { request } = states.at(action, access);
        authenticator.refuseInClear(request);
        return passwordChange.change(request, login?.authentication, body, minLength);
      }),
    provePassword: (action, credentials) =>
      later(() => {
        const links = passwordLinks(components.links, credentials);
        return proved(parts, states.at(action, access).request, links, true);
      }),
    prove: (action, name, proof) =>
      later(() => proved(parts, states.at(action, access).request, [proofLink(name, proof)], false)),
    refuseCrossSite: (action) => {
      authenticator.refuseCrossSite(states.at(action, access).request);
    },
    route,
    loginPage: () => options.loginPage,
    request: (action) => states.at(action, access).request,
    app: () => components.facts,
    resolve: (cls) => components.resolve(cls),
    settle: later,
  };
}

/** Only the challenge `Session` is sent: Basic would open a login window over the app's own form. */
function proved(
  { authenticator, components, options, userstore }: SecurityParts,
  request: SecurityRequest,
  links: readonly ChainLink[],
  bringsPassword: boolean,
): MaybePromise<Authentication> {
  components.startOnce();
  return chained(authenticator.ask(request, links, bringsPassword), (outcome) => {
    if (outcome.kind === 'authenticated') return attribute(outcome, userstore, options.deadlineMs);
    const error = outcome.error();
    throw error.httpCode === 401 ? withChallenges(error, { scheme: 'Session' }) : error;
  });
}
