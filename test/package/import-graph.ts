import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import * as ts from 'typescript';

export interface Import {
  /** A module of ours as its path below src without extension, or a package's name as written. */
  readonly target: string;
  readonly own: boolean;
  /** Elided by the compiler, so that nothing is loaded at run time. */
  readonly typeOnly: boolean;
  /** Loaded when the module itself is: not a type, and not in a function. */
  readonly isAtOnce: boolean;
}

/** Every module below src, by its path without extension, with what it imports. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

export function importGraph(sources: Record<string, string>): ImportGraph {
  const modules = new Set(Object.keys(sources));
  return new Map(
    Object.entries(sources).map(([name, text]) => [
      name,
      specifiersOf(text).map(({ specifier, typeOnly, isAtOnce }) => {
        if (!specifier.startsWith('.')) return { target: specifier, own: false, typeOnly, isAtOnce };
        const path = posix.join(posix.dirname(name), specifier);
        const target = modules.has(path) ? path : posix.join(path, 'index');
        if (!modules.has(target))
          throw new Error(`${name} imports '${specifier}', which is no module of src`);
        return { target, own: true, typeOnly, isAtOnce };
      }),
    ]),
  );
}

export function readSources(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return Object.fromEntries(
    files.map((file) => [
      file.split(sep).join('/').replace(/\.ts$/, ''),
      readFileSync(join(root, file), 'utf8'),
    ]),
  );
}

/** The folder of a module below src: 'core', 'providers', ...; a file at the top stands for itself. */
export function folderOf(name: string): string {
  const folder = dirname(name);
  return folder === '.' ? name : (folder.split('/')[0] ?? name);
}

/** The first cycle found in a graph, as the path round it, or undefined. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}

interface Specifier {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly isAtOnce: boolean;
}

function specifiersOf(text: string): Specifier[] {
  const found: Specifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnlyImport(node.importClause));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node.moduleSpecifier, node.isTypeOnly || everyTypeOnly(node.exportClause));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node.moduleReference.expression, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && isLoad(node.expression) && node.arguments[0]) {
      add(node.arguments[0], false);
    }
    depth += ts.isFunctionLike(node) ? 1 : 0;
    ts.forEachChild(node, visit);
    depth -= ts.isFunctionLike(node) ? 1 : 0;
  };
  let depth = 0;
  const add = (node: ts.Node, typeOnly: boolean): void => {
    if (!ts.isStringLiteralLike(node)) return;
    found.push({ specifier: node.text, typeOnly, isAtOnce: !typeOnly && depth === 0 });
  };
  visit(ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}

function isLoad(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  );
}

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  return clause.name === undefined && everyTypeOnly(clause.namedBindings);
}

function everyTypeOnly(bindings: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (!bindings || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) return false;
  return bindings.elements.length > 0 && [...bindings.elements].every((element) => element.isTypeOnly);
}
