/**
 * The page of the API documentation, with its own HTML, style and start script: the viewer's violate the page's policy.
 */

/** The policy of the page: it loads nothing from other origins, sends nothing to them, and cannot be framed. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

/** Whether try-out calls send the browser's own credentials. */
export type CallCredentials = 'omit' | 'same-origin';

/** The viewer of the page. */
export interface Viewer {
  /** The folder of the viewer's files, below the page. */
  readonly folder: string;
  readonly credentials: CallCredentials;
}

/** @param viewer if absent, the page only links to the document */
export function docsPage(viewer?: Viewer): string {
  const text = `<h1>API documentation</h1>
<p>The document is <a href="openapi.json">openapi.json</a>.`;
  const [head, place, scripts] =
    viewer === undefined
      ? ['<link rel="icon" href="data:,">\n', `<main>\n${text}</p>\n</main>`, '']
      : [
          `<link rel="icon" href="${viewer.folder}/favicon-32x32.png">
<link rel="stylesheet" href="${viewer.folder}/swagger-ui.css">
<link rel="stylesheet" href="${viewer.folder}/page.css">
`,
          // When the viewer runs, it replaces the text, since it has its own main element and heading.
          `<div id="viewer" data-credentials="${viewer.credentials}">
<main>
${text} This page shows it by JavaScript.</p>
</main>
</div>`,
          `<script src="${viewer.folder}/swagger-ui-bundle.js"></script>
<script src="${viewer.folder}/start.js"></script>
`,
        ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API documentation</title>
${head}</head>
<body>
${place}
${scripts}</body>
</html>
`;
}

/** The style of the page around the viewer, and of the text that the viewer replaces. */
export const PAGE_STYLE = `body{margin:0;background:#fff;font:1rem/1.5 system-ui,sans-serif}
.dark-mode body{background:#1c2022;color:#e4e6e6;color-scheme:dark}
#viewer>main{margin:1rem}
.dark-mode #viewer>main a{color:#9cc2ff}
`;

/**
 * Starts the viewer. With `omit`, the browser's own credentials (Basic, cookies) are sent only for the document, since
 * the page's guard requires a login. A call without Authorize then shows the reply to a client without credentials, and
 * no login window opens.
 */
export const START_SCRIPT = `'use strict';
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const setColours = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', setColours);
  setColours();
  const place = document.getElementById('viewer');
  const page = new URL('.', location.href);
  const ui = SwaggerUIBundle({
    domNode: place,
    url: new URL('openapi.json', page).href,
    deepLinking: true,
    validatorUrl: null,
    queryConfigEnabled: false,
    persistAuthorization: false,
    requestInterceptor(request) {
      if (request.loadSpec) return request;
      request.credentials = place.dataset.credentials;
      // What is no call is the metadata of an OpenID provider, which the policy keeps the page from.
      const isForeign = new URL(request.url, page).origin !== page.origin;
      if (request.method === undefined && isForeign) request.userFetch = async () => new Response('null');
      return request;
    },
    onComplete() {
      const title = ui.specSelectors.info().get('title');
      if (title) document.title = title;
    },
  });
})();
`;
