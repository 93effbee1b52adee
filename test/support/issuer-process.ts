/**
 * Runs issuers, one at a time, in a process with another version of Node.js and oidc-provider. {@link IssuerProcess}
 * starts it with the main file of the package; it ends with its parent.
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

// Calls run one after another, in the order of their arrival.
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
