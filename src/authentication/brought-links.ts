/** Turns providers that the library's own controllers supply for one request into links of the chain. */
import type { AuthenticationResult, AuthProviderInterface } from '../core/auth-provider';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise, UserstoreInterface } from '../core/userstore';
import { BasicProvider } from '../providers/basic';
import { type BasicCredentials, refuseUnusable } from '../providers/basic-credentials';
import { stateCredentials } from '../providers/stated-credentials';
import { isInstance } from '../util/instance';
import type { ChainLink } from './chain';

/** How one request proves its user. @throws like `authenticate()` of a provider */
export type Proof = (
  request: SecurityRequest,
  userstore: UserstoreInterface,
) => MaybePromise<AuthenticationResult>;

/** The app's password providers, each asked about a password from the body of a login. */
export function passwordLinks(links: readonly ChainLink[], credentials: BasicCredentials): ChainLink[] {
  return links.filter(isOfPasswords).map((link) =>
    proofLink(link.name, (request, userstore) => {
      refuseUnusable(credentials);
      stateCredentials(request, credentials);
      return link.get().authenticate(request, userstore);
    }),
  );
}

export function isOfPasswords(link: ChainLink): boolean {
  try {
    return isInstance(link.get(), BasicProvider);
  } catch {
    // The chain reports the fault at the next request that it handles.
    return false;
  }
}

/** A link that proves the login of a person, regardless of the request's headers. */
export function proofLink(name: string, authenticate: Proof): ChainLink {
  const provider: AuthProviderInterface = { name, credential: 'cookie', proves: 'login', authenticate };
  return { name, get: () => provider };
}
