/** Which public names, and which of their members, have no docstring. */
import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** Types whose every member an app sets, reads or implements. */
const WITH_MEMBERS = /(Options|Event|Interface|Details|^Authentication|^User|^Group)$/;

/** `Name` or `Name.member` of what modules export without a docstring, each once. */
export function undocumented(
  modules: readonly string[],
  sources?: Readonly<Record<string, string>>,
): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (path) => sources?.[path] ?? read(path);
  const exists = host.fileExists.bind(host);
  host.fileExists = (path) => sources?.[path] !== undefined || exists(path);
  const program = ts.createProgram([...modules], options, host);
  const checker = program.getTypeChecker();
  const found = new Set<string>();
  for (const path of modules) {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${path} exports nothing`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol =
        (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported);
      if (!isOwn(symbol)) continue;
      if (!isDocumented(symbol, checker)) found.add(exported.name);
      if (!WITH_MEMBERS.test(exported.name)) continue;
      for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        if (isTold(member) && !isDocumented(member, checker)) found.add(`${exported.name}.${member.name}`);
      }
    }
  }
  return [...found].sort();
}

function isDocumented(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  return symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
}

function isOwn({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some((one) => !one.getSourceFile().fileName.includes('/node_modules/'));
}

/** True for a public member of the library's own that is more than the tag of a union. */
function isTold(member: ts.Symbol): boolean {
  const [declaration] = member.declarations ?? [];
  if (declaration === undefined || !isOwn(member) || member.name === 'type') return false;
  if (ts.isPrivateIdentifier(ts.getNameOfDeclaration(declaration) ?? declaration)) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}
