#!/usr/bin/env bash
# Swagger UI contacts every OpenID provider of a document as soon as the page opens.
#
# Expected: a documentation page loads its document, and contacts other servers only when the reader acts. OAS 3.1.1,
#   Security Scheme Object, describes openIdConnectUrl as a "well-known URL to discover the provider metadata", and
#   does not say when it is loaded.
# Seen: before the reader opens Authorize or calls anything, the page fetches each openIdConnectUrl. The provider
#   learns who reads the documentation and when; each visit violates the policy `connect-src 'self'`. There is no
#   option against it: only a requestInterceptor sees the request, which has neither `loadSpec` nor a method there.
# Versions: swagger-ui-dist 5.35.0, playwright-core 1.65.1, the Chromium of the system.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
SCARF_ANALYTICS=false npm install --silent --no-audit --no-fund swagger-ui-dist@5.35.0 playwright-core@1.65.1 >/dev/null

node - <<'JS'
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { chromium } = require('playwright-core');

const asked = [];
const provider = createServer((request, response) => {
  asked.push(request.url);
  response.setHeader('Access-Control-Allow-Origin', '*').end('{}');
}).listen(0, '127.0.0.1');

const page = `<!doctype html><meta charset="utf-8"><title>x</title><div id="ui"></div><script src="/bundle.js"></script>
<script>SwaggerUIBundle({ dom_id: '#ui', url: '/openapi.json' })</script>`;
const docs = createServer(({ url }, response) => {
  const openIdConnectUrl = `http://127.0.0.1:${provider.address().port}/.well-known/openid-configuration`;
  const document = {
    openapi: '3.1.1',
    info: { title: 'x', version: '1' },
    components: { securitySchemes: { oidc: { type: 'openIdConnect', openIdConnectUrl } } },
    paths: { '/me': { get: { security: [{ oidc: [] }], responses: { 200: { description: 'x' } } } } },
  };
  if (url === '/bundle.js') response.end(readFileSync(require.resolve('swagger-ui-dist/swagger-ui-bundle.js')));
  else if (url === '/openapi.json') response.end(JSON.stringify(document));
  else response.setHeader('Content-Type', 'text/html').end(page);
}).listen(0, '127.0.0.1');

(async () => {
  await Promise.all([provider, docs].map((server) => server.listening || once(server, 'listening')));
  const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const tab = await chrome.newPage();
  await tab.goto(`http://127.0.0.1:${docs.address().port}/`);
  await tab.locator('.opblock').waitFor();
  await tab.waitForLoadState('networkidle');
  await chrome.close();
  console.log(`the provider was asked before anybody did anything: ${asked.join(', ') || 'nothing'}`);
  process.exit(asked.includes('/.well-known/openid-configuration') ? 0 : 1);
})();
JS
