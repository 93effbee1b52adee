import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import * as ts from 'typescript';
import {
  codeBlocks,
  complaintsOf,
  links,
  missingImports,
  proofs,
  repositoryLinks,
  tableKeys,
} from './documents';

const ROOT = join(__dirname, '../..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The members of an interface, or the strings of a union, that a source file declares. */
function declared(path: string, name: string): string[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) {
      return statement.members.map((member) => member.name?.getText() ?? '');
    }
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) {
      return statement.type.getText().match(/\w+/g) ?? [];
    }
  }
  throw new Error(`${path} does not declare ${name}`);
}

describe('Documentation', function () {
  this.timeout(300_000);

  it('has code that compiles', () => {
    const blocks = DOCUMENTS.flatMap((path) => codeBlocks(path, read(path)));
    expect(blocks.length).to.be.greaterThan(10);
    expect(complaintsOf(blocks)).to.deep.equal([]);
  });

  it('would be caught with code that does not compile', () => {
    const [block] = codeBlocks('x.md', 'text\n\n```ts\nsecurest({ security: { relm: "x" } });\n```\n');
    expect(complaintsOf(block === undefined ? [] : [block])).to.have.length(1);
    expect(complaintsOf(block === undefined ? [] : [block])[0]).to.match(/^x\.md:4 .*relm/);
  });

  it('imports on each page the names of packages that its code uses, not later than their first use', () => {
    const blocks = DOCUMENTS.flatMap((path) => codeBlocks(path, read(path)));
    const missing = missingImports(blocks).map(
      ({ block, name, from }) => `${block.document}:${String(block.line)} ${name} of ${from}`,
    );
    expect(missing).to.deep.equal([]);
  });

  it('would be caught with a name that is imported late, or never, but not with the names of the app', () => {
    const text = ['securest({ controllers: [NotesController] });', "import { securest } from 'securest';"];
    const blocks = codeBlocks('x.md', text.map((code) => `\`\`\`ts\n${code}\n\`\`\`\n`).join('\n'));
    expect(blocks).to.have.length(2);
    expect(missingImports(blocks).map(({ name, block }) => `${name} ${String(block.line)}`)).to.deep.equal([
      'securest 2',
    ]);
  });

  for (const path of [...DOCUMENTS, 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
    it(`has no dead link in ${path}`, () => {
      const text = read(path);
      const targets = [
        ...links(text).map(({ file, anchor }) => ({
          target: file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file)),
          anchor,
        })),
        ...repositoryLinks(text).map(({ file, anchor }) => ({ target: file, anchor })),
      ];
      const dead = targets.filter(({ target, anchor }) => {
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
      });
      expect(dead).to.deep.equal([]);
    });
  }

  it('lists exactly the options that there are', () => {
    const keys = tableKeys(read('docs/options.md'), 'Configuration');
    expect(keys).to.deep.equal(declared('src/options.ts', 'SecurityOptions'));
  });

  it('lists exactly the options of TokenService', () => {
    const keys = tableKeys(read('docs/users-and-tokens.md'), 'Tokens');
    expect(keys).to.deep.equal(declared('src/tokens/token-service-options.ts', 'TokenServiceOptions'));
  });

  it('lists exactly the options of AccessTokenProvider', () => {
    const page = read('docs/access-tokens.md');
    for (const [heading, file, name] of [
      ['Options', 'options', 'AccessTokenOptions'],
      ['Opaque tokens', 'introspection-options', 'IntrospectionOptions'],
      ['DPoP', 'dpop-options', 'DpopOptions'],
    ] as const) {
      expect(tableKeys(page, heading), heading).to.have.members(declared(`src/oidc/${file}.ts`, name));
    }
  });

  it('lists exactly the options of second factors', () => {
    const page = read('docs/second-factors.md');
    for (const [heading, file, name] of [
      ['Options of PasskeyService', 'passkeys/passkey-options', 'PasskeyServiceOptions'],
      ['Options of OtpService', 'factors/otp-service', 'OtpServiceOptions'],
    ] as const) {
      expect(tableKeys(page, heading), heading).to.have.members(declared(`src/${file}.ts`, name));
    }
  });

  it('lists exactly the options of secureSocketIo()', () => {
    const keys = tableKeys(read('docs/sockets.md'), 'socket.io');
    expect(keys).to.have.members([
      ...declared('src/socket/socket-options.ts', 'SocketOptions'),
      ...declared('src/socket/socket-io-options.ts', 'SocketIoOptions'),
    ]);
  });

  it('lists exactly the options of securityDocument', () => {
    const keys = tableKeys(read('docs/openapi.md'), 'Options of securityDocument');
    expect(keys).to.deep.equal(declared('src/openapi/security-document.ts', 'DocumentOptions'));
  });

  it('lists exactly the options of oidcLoginController', () => {
    const keys = tableKeys(read('docs/sign-in-at-a-provider.md'), 'Options');
    expect(keys).to.have.members(declared('src/oidc/login-options.ts', 'OidcLoginControllerOptions'));
  });

  it('lists exactly the options of PassportProvider', () => {
    const keys = tableKeys(read('docs/coming-from-passport.md'), 'Options');
    expect(keys).to.have.members(declared('src/passport/passport-options.ts', 'PassportOptions'));
  });

  it('lists the options of sockets', () => {
    const keys = tableKeys(read('docs/sockets.md'), 'Options');
    expect(keys).to.have.members(declared('src/socket/socket-options.ts', 'SocketOptions'));
  });

  it('lists exactly the error codes that there are', () => {
    const keys = tableKeys(read('docs/replies.md'), 'Errors');
    expect(keys).to.have.members(declared('src/errors.ts', 'SecurityErrorCode'));
  });

  it('lists every finding', () => {
    const scripts = readdirSync(join(ROOT, 'findings')).filter((name) => name.endsWith('.sh'));
    expect(links(read('findings/README.md')).map(({ file }) => file)).to.have.members(scripts);
  });

  it('proves what it says about the host by tests that there are', () => {
    const found = proofs(read('docs/host.md'));
    expect(found.length).to.be.greaterThan(10);
    const broken = found.filter(
      ({ file, title }) => !existsSync(join(ROOT, file)) || !read(file).includes(title),
    );
    expect(broken).to.deep.equal([]);
  });
});

function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
