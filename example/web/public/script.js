/** The parts of passkeys, one-time codes and passwords that a form alone cannot do. */

class Refused extends Error {
  constructor(code, needsLogin) {
    super(code);
    this.needsLogin = needsLogin;
  }
}

async function call(method, path, body) {
  const reply = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  if (reply.ok) return text === '' ? undefined : JSON.parse(text);
  if (reply.status === 401 && path !== '/otp/confirm' && !path.endsWith('/login')) goTo('/login', {});
  const stepUp = reply.headers.get('Session-Step-Up');
  if (stepUp !== null) {
    const value = (name) => new RegExp(`${name}="([^"]*)"`).exec(stepUp)?.[1];
    goTo('/login', { stepUp: value('methods')?.replaceAll(' ', ','), maxAge: value('max_age') });
  }
  throw new Refused(JSON.parse(text).code, stepUp !== null);
}

/** Goes to the login page, which returns to this page. */
function goTo(page, query) {
  const pairs = Object.entries({ ...query, returnTo: location.pathname }).filter(
    ([, value]) => value !== undefined,
  );
  location.assign(`${page}?${new globalThis.URLSearchParams(pairs)}`);
}

const TEXTS = {
  invalid_credentials: 'That is not right. Try again.',
  wrong_password: 'That is not your present password.',
  weak_password: 'That password is too weak. Take a longer one.',
  too_many_attempts: 'Too many attempts. Wait a while, and try again.',
};

function tell(text) {
  document.querySelector('#told').textContent = text;
}

/** Runs an action of the user, and shows its result. */
async function attempt(work) {
  tell('');
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && error.needsLogin) return;
    const isCancelled = error instanceof DOMException;
    tell(isCancelled ? 'Nothing was changed.' : (TEXTS[error.message] ?? 'That did not work. Try again.'));
  }
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function button(text, work, className = 'second') {
  return element('button', { type: 'button', className, textContent: text, onclick: () => attempt(work) });
}

async function addPasskey(name) {
  const options = await call('POST', '/passkeys/options', { for: 'add' });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  return call('POST', '/passkeys', { response: credential.toJSON(), name });
}

/** @param purpose 'login', or 'factor' for a second step */
async function usePasskey(purpose) {
  const options = await call('POST', '/passkeys/options', { for: purpose });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return call('POST', `/passkeys/${purpose}`, { response: credential.toJSON() });
}

const knowsPasskeys = typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

for (const each of document.querySelectorAll('[data-passkey]')) {
  each.hidden = !knowsPasskeys;
  each.addEventListener('click', () =>
    attempt(async () => {
      await usePasskey(each.dataset.passkey);
      const path = each.dataset.returnTo;
      // Only a path of this site, because anyone can forge the address of the page.
      location.assign(/^\/(?![/\\])/.test(path) ? path : '/');
    }),
  );
}

const otp = document.querySelector('[data-otp]');
if (otp?.dataset.otp === 'off') otp.append(button('Set up one-time codes', setUpCodes));
if (otp?.dataset.otp === 'on') otp.append(button('Remove them', removeCodes));

async function removeCodes() {
  await call('DELETE', '/otp');
  otp.replaceChildren(element('p', { textContent: 'One-time codes are removed.' }));
}

async function setUpCodes() {
  const { secret, uri } = await call('POST', '/otp');
  const reply = await fetch('/account/qr', {
    method: 'POST',
    body: new globalThis.URLSearchParams({ uri }),
  });
  const src = `data:image/svg+xml,${encodeURIComponent(await reply.text())}`;
  const code = element('input', {
    name: 'code',
    inputMode: 'numeric',
    autocomplete: 'one-time-code',
    required: true,
  });
  const form = element(
    'form',
    {},
    element('label', {}, 'Code that the app shows ', code),
    element('button', { textContent: 'Confirm' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(async () => {
      const { recoveryCodes } = await call('POST', '/otp/confirm', { code: code.value });
      otp.replaceChildren(
        element('p', {
          textContent: 'Keep these recovery codes. Each one counts once, and they are shown only now:',
        }),
        element(
          'ul',
          { className: 'codes' },
          ...recoveryCodes.map((text) => element('li', { textContent: text })),
        ),
      );
      tell('One-time codes are set up.');
    });
  });
  otp.replaceChildren(
    element('img', { className: 'qr', src, alt: 'The key as a picture, for the app to scan' }),
    element('p', {}, 'Or type this key: ', element('code', { textContent: secret })),
    form,
  );
  code.focus();
}

const passkeys = document.querySelector('[data-passkeys]');
if (passkeys !== null) await showPasskeys();

async function showPasskeys() {
  const list = await call('GET', '/passkeys');
  const items = list.map(({ id, name, createdAt }) =>
    element(
      'li',
      {},
      element('h3', { textContent: name }),
      element('p', { textContent: `added ${createdAt.slice(0, 10)}` }),
      button(
        `Remove ${name}`,
        async () => {
          await call('DELETE', `/passkeys/${encodeURIComponent(id)}`);
          await showPasskeys();
        },
        'plain',
      ),
    ),
  );
  const add = button('Add a passkey', async () => {
    await addPasskey(navigator.userAgentData?.platform || 'Passkey');
    await showPasskeys();
    tell('The passkey is added.');
  });
  add.hidden = !knowsPasskeys;
  passkeys.replaceChildren(
    ...(items.length > 0 ? [element('ul', { className: 'cards' }, ...items)] : []),
    add,
  );
}

const password = document.querySelector('[data-password]');
password?.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    const { currentPassword, newPassword } = Object.fromEntries(new FormData(password));
    await call('PUT', '/password', { currentPassword, newPassword });
    password.reset();
    tell('The password is changed, and everybody else is logged out.');
  });
});
