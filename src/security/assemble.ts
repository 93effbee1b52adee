/** The composition root: security options in, the parts of one instance out. */
import type { ClassDeclarations } from '../access/guards';
import { PasswordChange } from '../account/password-change';
import { Audit, factsOf } from '../audit/audit';
import { Activity } from '../authentication/activity';
import { Authenticator } from '../authentication/authenticator';
import { findKnownUser } from '../authentication/known-user';
import { LiveLogins } from '../authentication/live-logins';
import { LoginContext } from '../authentication/login-context';
import { explainRefusals } from '../authentication/explained-refusals';
import { Recorder } from '../authentication/recorder';
import { Refusals } from '../authentication/refusals';
import { RequestStates } from '../authentication/request-state';
import { UserstoreChain } from '../authentication/userstore-chain';
import { Authorizer } from '../authorization/authorizer';
import { Resources } from '../authorization/resources';
import { AppComponents } from '../components/app-components';
import type { User } from '../core/user';
import { Guards } from '../guards/guards';
import { isLoopback } from '../http/client-address';
import { printable } from '../util/printable';
import { resolveOptions, type SecurityOptions } from '../options';
import { Checkers } from './checkers';
import type { SecurityParts } from './parts';

/**
 * Assembles an instance.
 * @param declarations reads the declarations on classes; undefined in an app without routing-controllers
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function assemble<U extends User, R extends string>(
  given: SecurityOptions<U, R>,
  declarations?: () => ClassDeclarations,
): SecurityParts {
  const options = resolveOptions(given);
  const { container, deadlineMs, clock, grants } = options;
  const audit = new Audit(options.onEvent, options.logger, clock);
  const components: AppComponents = new AppComponents(
    container,
    {
      userstores: options.userstores,
      providers: options.providers,
      authorizationProviders: options.authorizationProviders,
      roleLoaders: options.roleLoaders,
    },
    {
      clock,
      realm: options.realm,
      findUser: (username, home) => findKnownUser(userstore, username, home, deadlineMs),
      requestOf: (request) => states.find({ request, response: undefined })?.request,
      emit: (event, { userstore: home, request } = {}) => {
        const user = home === undefined ? event.user : userstore.label(event.user, home);
        // A factor event has a `method` of its own.
        audit.emit(() => ({ ...(request && factsOf(request)), ...event, user: printable(user) }));
      },
      report: (problem) => {
        audit.problem(problem);
      },
    },
  );
  const links = () => components.links;
  const states = new RequestStates(options.findClient);
  const activity = new Activity(options.isActive);
  const userstore: UserstoreChain = new UserstoreChain(
    () => components.userstores,
    activity,
    () => components.userSources,
    audit.observers,
  );
  const resources = new Resources((cls) => components.resolve(cls));
  const authenticator = new Authenticator({
    links,
    userstore,
    deadlineMs,
    clock,
    activity,
    stopAtBadCredentials: options.stopAtBadCredentials,
    requireHttps: options.requireHttps,
    trustedOrigins: options.trustedOrigins,
    isLoopback,
    onProblem: (problem) => {
      audit.problem(problem);
    },
    observers: audit.observers,
    onOutcome: (request, outcome) => {
      audit.outcome(request, outcome);
    },
    onRecheck: (request, verdict, error) => {
      audit.recheck(request, verdict, error);
    },
  });
  const authorizer = new Authorizer({ audit, userstore, resources, components, grants, deadlineMs, clock });
  const recorder = new Recorder(audit);
  const credentialHeaders = () => components.credentialHeaders;
  if (options.explain !== 'off') {
    recorder.listen(explainRefusals(audit, options.explain, credentialHeaders));
  }
  const refusals = new Refusals({
    audit,
    recorder,
    links,
    credentialHeaders,
    deadlineMs,
    realm: options.realm,
    loginPage: options.loginPage,
    basicChallengeForScripts: options.basicChallengeForScripts,
    metadataUrl: options.resource?.metadataUrl,
    onUnauthorized: options.onUnauthorized,
  });
  const checkers = new Checkers({
    audit,
    states,
    authenticator,
    authorizer,
    userstore,
    refusals,
    deadlineMs,
    credentialHeaders,
    skip: options.skip,
    refuseFailedStart: () => {
      components.lastStart.refuseFailed();
    },
  });
  const passwordChange = new PasswordChange({ userstore, components, audit, deadlineMs, clock });
  return {
    options,
    audit,
    components,
    states,
    authenticator,
    checkers,
    refusals,
    resources,
    passwordChange,
    userstore,
    guards: new Guards(grants),
    context: new LoginContext(options.context),
    liveLogins: new LiveLogins(),
    recorder,
    authorizer,
    declarations,
  };
}
