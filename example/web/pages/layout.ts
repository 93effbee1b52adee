import { type Html, html } from '../html';

/** A whole page. @param username the logged-in user */
export function page(title: string, username: string | undefined, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} - Notes</title>
        <link rel="stylesheet" href="/style.css" />
        <script src="/script.js" type="module"></script>
      </head>
      <body>
        <header>
          <a class="name" href="/">Notes</a>
          ${username !== undefined && navigation(username)}
        </header>
        <main>
          <h1>${title}</h1>
          <p id="told" role="status"></p>
          ${content}
        </main>
      </body>
    </html> `.toString();
}

function navigation(username: string): Html {
  return html`<nav aria-label="Account">
    <a href="/account">${username}</a>
    <form method="post" action="/oidc/logout"><button class="plain">Log out</button></form>
  </nav>`;
}

export function hidden(name: string, value: string | undefined): Html | undefined {
  return value === undefined ? undefined : html`<input type="hidden" name="${name}" value="${value}" />`;
}
