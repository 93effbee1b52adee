/**
 * Logs a user in at the issuer and prints an access token:
 *
 *   node -r @swc-node/register example/issuer/log-in.ts ISSUER APP NAME PASSWORD SCOPES
 */
import { Browser } from './client';
import { Settings } from './settings';

const [issuer = '', url = '', name = '', password = '', scopes = ''] = process.argv.slice(2);

new Browser(new Settings(issuer, url), { name, password }).accessToken(scopes).then(
  (token) => console.log(token),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
