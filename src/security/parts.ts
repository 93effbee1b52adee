import type { ClassDeclarations } from '../access/guards';
import type { PasswordChange } from '../account/password-change';
import type { Audit } from '../audit/audit';
import type { Authenticator } from '../authentication/authenticator';
import type { LiveLogins } from '../authentication/live-logins';
import type { LoginContext } from '../authentication/login-context';
import type { Recorder } from '../authentication/recorder';
import type { Refusals } from '../authentication/refusals';
import type { RequestStates } from '../authentication/request-state';
import type { UserstoreChain } from '../authentication/userstore-chain';
import type { Authorizer } from '../authorization/authorizer';
import type { Resources } from '../authorization/resources';
import type { AppComponents } from '../components/app-components';
import type { Guards } from '../guards/guards';
import type { ResolvedOptions } from '../options';
import type { Checkers } from './checkers';

/** The parts of an instance. */
export interface SecurityParts {
  readonly options: ResolvedOptions;
  readonly audit: Audit;
  readonly components: AppComponents;
  readonly states: RequestStates;
  readonly authenticator: Authenticator;
  readonly checkers: Checkers;
  readonly refusals: Refusals;
  readonly resources: Resources;
  readonly passwordChange: PasswordChange;
  readonly userstore: UserstoreChain;
  readonly guards: Guards;
  readonly context: LoginContext;
  readonly liveLogins: LiveLogins;
  readonly recorder: Recorder;
  readonly authorizer: Authorizer;
  /** The declarations on classes at the time of the call; undefined in an app without routing-controllers. */
  readonly declarations: (() => ClassDeclarations) | undefined;
}
