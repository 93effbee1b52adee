import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** Compiles the sources of the package as the build does. */
export function compilePackage(): ts.Program {
  const path = join(ROOT, 'tsconfig.build.json');
  const config = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
  );
  if (!config) throw new Error(`${path} cannot be read`);
  return ts.createProgram(config.fileNames, config.options);
}

/** The names of the types that a module exports and that are no values. */
export function exportedTypes(program: ts.Program, module: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(ROOT, module));
  const symbol = source && checker.getSymbolAtLocation(source);
  if (!symbol) throw new Error(`${module} is no module`);
  return checker
    .getExportsOfModule(symbol)
    .filter((name) => {
      const target = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      return (target.flags & ts.SymbolFlags.Value) === 0;
    })
    .map((name) => name.name);
}

/** The declaration files that the build writes, by path. */
export function emitDeclarations(program: ts.Program): Map<string, string> {
  const declarations = new Map<string, string>();
  program.emit(undefined, (path, text) => declarations.set(path, text), undefined, true);
  return declarations;
}

/** Where a declaration file says `any`, as the text round it. */
export function findAny(text: string): string[] {
  const source = ts.createSourceFile('module.d.ts', text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(node.parent.getText());
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function onUnRecoverableConfigFileDiagnostic(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}
