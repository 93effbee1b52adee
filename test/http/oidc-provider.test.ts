import { describeIssuer } from '../contract/describe-issuer';
import { OidcIssuer } from '../support/oidc-issuer';

describeIssuer('oidc-provider', (keys) => OidcIssuer.start(keys));
