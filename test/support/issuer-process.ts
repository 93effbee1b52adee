/**
 * Issuers in a process of its own, whose Node runs another version of oidc-provider, one at a time. Started by
 * {@link IssuerProcess} with the main file of the package; it ends with its parent.
 */
import { createRequire } from 'node:module';
import type Provider from 'oidc-provider';
import type { Call, Reply } from './issuer-process-client';
import { OidcIssuer } from './oidc-issuer';

const { default: implementation } = createRequire(__filename)(process.argv[2]!) as {
  default: typeof Provider;
};
let issuer = new OidcIssuer(implementation);

async function run({ method, parameters, login }: Call): Promise<unknown> {
  issuer.login = login;
  switch (method) {
    case 'login':
      return undefined;
    case 'open':
      issuer = new OidcIssuer(implementation);
      await issuer.up();
      return issuer.issuer;
    case 'close':
      return issuer[Symbol.asyncDispose]();
    default:
      return (issuer[method] as (...parameters: unknown[]) => unknown).apply(issuer, [...parameters]);
  }
}

function send(reply: Reply): void {
  process.send?.(reply);
}

// One after the other, as they came.
let last: Promise<unknown> = Promise.resolve();
process.on('message', (call: Call) => {
  last = last
    .then(() => run(call))
    .then(
      (value) => send({ id: call.id, value }),
      (error: unknown) => send({ id: call.id, error: String(error) }),
    );
});
process.on('disconnect', () => process.exit());
