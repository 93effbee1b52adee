#!/usr/bin/env bash
# The client of the MCP SDK reads a challenge only if it comes first, and takes the scope from a description.
#
# Expected: WWW-Authenticate is a list of challenges, and each has a list of parameters that are tokens or quoted
#   strings (RFC 9110 section 11.6.1): Bearer is found at any position, names compare without case, spaces may
#   surround "=", and text inside a quoted string is not a parameter.
# Seen: the client searches the text for parameters by a pattern, and only if the text begins with "Bearer". Behind a
#   Basic or DPoP challenge it reads nothing, so it does not find the address of the metadata that the challenge
#   states; and it takes a word inside error_description for the scope, with its escapes, although the real parameter
#   follows.
# Versions: @modelcontextprotocol/sdk 1.32.2, extractWWWAuthenticateParams(); RFC 9728 section 5.1, RFC 6750 section 3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 >/dev/null

cat >read.mjs <<'JS'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';

const metadata = 'https://api.example/.well-known/oauth-protected-resource';
const bearer = `Bearer realm="api", resource_metadata="${metadata}"`;
const cases = {
  'Bearer, then Basic': [bearer, 'Basic realm="api"'],
  'Basic, then Bearer': ['Basic realm="api"', bearer],
  'spaces around =': [`Bearer resource_metadata = "${metadata}"`],
  'a description that says scope=': [
    String.raw`Bearer error="insufficient_scope", error_description="set scope=\"notes:all\" in the form", scope="notes:read"`,
  ],
};
const seen = {};
for (const [name, lines] of Object.entries(cases)) {
  const headers = new Headers();
  for (const line of lines) headers.append('WWW-Authenticate', line);
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(new Response(null, { status: 401, headers }));
  seen[name] = { metadata: resourceMetadataUrl?.href, scope };
  console.log(`${name}: metadata ${resourceMetadataUrl?.href ?? 'not found'}, scope ${scope ?? 'not found'}`);
}
const so =
  seen['Bearer, then Basic'].metadata === metadata &&
  seen['Basic, then Bearer'].metadata === undefined &&
  seen['spaces around ='].metadata === undefined &&
  seen['a description that says scope='].scope !== 'notes:read';
process.exit(so ? 0 : 1);
JS
node read.mjs
