/** Takes the documentation apart, so that a test can hold it against the code. */
import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'test/package');

/** Where a name that a block uses and does not bind may come from, first hit first. */
const SOURCES = [
  'securest',
  'securest/kerberos',
  'securest/ldap',
  'securest/oidc',
  'securest/openapi',
  'securest/opentelemetry',
  'securest/passkeys',
  'securest/passport',
  'securest/redis',
  'securest/socket',
  'securest/sql',
  'securest/testing',
  'ioredis',
  'pg',
  'mysql2/promise',
  'typeorm',
  'class-validator',
  'routing-controllers',
  'typedi',
  'chai',
  // After the host: both have an Action.
  'securest/routers',
  './readme-prelude',
];

export interface CodeBlock {
  /** The document and the line of the block's first line. */
  readonly document: string;
  readonly line: number;
  readonly text: string;
}

/** The `ts` blocks of a document. */
export function codeBlocks(document: string, markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ index, 1: text = '' }) => ({
    document,
    line: markdown.slice(0, index).split('\n').length + 1,
    text,
  }));
}

/** What the compiler has to say about blocks, each a module of its own, as `document:line message`. */
export function complaintsOf(blocks: readonly CodeBlock[]): string[] {
  const { options, program: sources, exported } = base();
  const modules = new Map(blocks.map((block, index) => [join(FOLDER, `block-${String(index)}.ts`), block]));
  const files = new Map([...modules].map(([path, { text }]) => [path, complete(text, exported)]));
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options), sources);
  return [...modules].flatMap(([path, { document, line }]) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start = 0, messageText }) => {
      // The imports that complete a block are on one line in front of it.
      const at = line - 1 + (source?.getLineAndCharacterOfPosition(start).line ?? 0);
      return `${document}:${String(at)} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

/** What the package does not ship is linked to here. */
export const REPOSITORY_FILES = 'https://github.com/securest/securest/blob/main/';

/** The links of a document that are relative. */
export function links(markdown: string): { file: string; anchor: string | undefined }[] {
  return targetsOf(markdown).filter(isRelative).map(splitLink);
}

/** The links of a document to files that the package does not ship, by their paths in the repository. */
export function repositoryLinks(markdown: string): { file: string; anchor: string | undefined }[] {
  return targetsOf(markdown)
    .filter((target) => target.startsWith(REPOSITORY_FILES))
    .map((target) => splitLink(target.slice(REPOSITORY_FILES.length)));
}

function targetsOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

function isRelative(target: string): boolean {
  return !/^[a-z]+:/.test(target);
}

function splitLink(target: string): { file: string; anchor: string | undefined } {
  const [file = '', anchor] = target.split('#');
  return { file, anchor };
}

/** The code in the first cells of the first table below a heading. */
export function tableKeys(markdown: string, heading: string): string[] {
  const section = markdown.split(new RegExp(`^## ${heading}$`, 'm'))[1] ?? '';
  const table = /(?:^\|.*\n)+/m.exec(section)?.[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key = '']) => key);
}

/** The commands in the documentation that run one test, as file and title. */
export function proofs(markdown: string): { file: string; title: string }[] {
  return [...markdown.matchAll(/`npx mocha (\S+) -g '([^']+)'`/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
}

interface Base {
  readonly options: ts.CompilerOptions;
  /** Parsed once for all blocks. */
  readonly program: ts.Program;
  readonly exported: ReadonlyMap<string, readonly string[]>;
}

let loaded: Base | undefined;

/** What every block builds on: the compiler's options, and the names that each source exports. */
function base(): Base {
  if (loaded !== undefined) return loaded;
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const path = join(FOLDER, 'sources.ts');
  const text = SOURCES.map((source) => `export * from '${source}';`).join('\n');
  const program = ts.createProgram([path], options, hostWith(new Map([[path, text]]), options));
  const checker = program.getTypeChecker();
  const exported = new Map<string, readonly string[]>();
  for (const statement of program.getSourceFile(path)?.statements ?? []) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
    const module = checker.getSymbolAtLocation(statement.moduleSpecifier);
    const source = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (module === undefined) throw new Error(`${source} cannot be found`);
    const names = checker.getExportsOfModule(module).map(({ name }) => name);
    exported.set(
      source,
      names.filter((name) => name !== 'default'),
    );
  }
  loaded = { options, program, exported };
  return loaded;
}

/** TypeScript's codes for a name that is not bound, also in a shorthand or beside one that is spelt alike. */
const UNBOUND = [2304, 2503, 2552, 2693, 18_004];

export interface MissingImport {
  readonly block: CodeBlock;
  readonly name: string;
  readonly from: string;
}

/** Names of packages that a page uses before it imports them: each once, in the block that uses it first. */
export function missingImports(blocks: readonly CodeBlock[]): MissingImport[] {
  const { options, program: sources, exported } = base();
  const paths = blocks.map((_, index) => join(FOLDER, `raw-${String(index)}.ts`));
  const files = new Map(blocks.map(({ text }, index) => [paths[index] ?? '', `${text}\nexport {};\n`]));
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options), sources);
  const known = new Map<string, Set<string>>();
  return blocks.flatMap((block, index) => {
    const source = program.getSourceFile(paths[index] ?? '');
    if (source === undefined) throw new Error(`${block.document} has a block that cannot be read`);
    const names = known.get(block.document) ?? new Set<string>();
    known.set(block.document, names);
    for (const statement of source.statements) for (const name of namesBoundBy(statement)) names.add(name);
    return program.getSemanticDiagnostics(source).flatMap(({ code, start = 0, length = 0 }) => {
      const name = source.text.slice(start, start + length);
      if (!UNBOUND.includes(code) || names.has(name)) return [];
      names.add(name);
      const from = [...exported].find(([, list]) => list.includes(name))?.[0];
      return from === undefined || from.startsWith('.') ? [] : [{ block, name, from }];
    });
  });
}

/** The files on disk, and beside them these. */
function hostWith(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, language, ...rest) => {
      const text = files.get(path);
      if (text === undefined) return host.getSourceFile(path, language, ...rest);
      return ts.createSourceFile(path, text, language, true);
    },
  };
}

/** The block as a module that imports what it uses and does not bind itself. */
function complete(text: string, exported: ReadonlyMap<string, readonly string[]>): string {
  const source = ts.createSourceFile('block.ts', text, ts.ScriptTarget.ES2022, true);
  const bound = new Set<string>();
  const used = new Set<string>();
  for (const statement of source.statements) {
    for (const name of namesBoundBy(statement)) bound.add(name);
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const imports: string[] = [];
  for (const [module, names] of exported) {
    const wanted = names.filter((name) => used.has(name) && !bound.has(name));
    for (const name of wanted) bound.add(name);
    if (wanted.length > 0) imports.push(`import { ${wanted.join(', ')} } from '${module}';`);
  }
  return `${imports.join(' ')} export {};\n${text}`;
}

function namesBoundBy(statement: ts.Statement): string[] {
  if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
    return statement.name === undefined ? [] : [statement.name.text];
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  if (!ts.isImportDeclaration(statement)) return [];
  const { name, namedBindings: bindings } = statement.importClause ?? {};
  const named =
    bindings !== undefined && ts.isNamedImports(bindings)
      ? bindings.elements.map((element) => element.name.text)
      : [];
  return name === undefined ? named : [name.text, ...named];
}
