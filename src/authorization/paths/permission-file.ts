/**
 * Reads a permission file: `role: { allow: { path: methods }, deny: { path: methods } }`.
 */
import { METHODS } from 'node:http';
import { FileFault } from '../../files/file-fault';
import { readYaml } from '../../files/yaml';
import type { Fields, Located } from '../../files/yaml-nodes';
import { type Effect, parsePattern, spelledOut } from './pattern';
import { type PathRule, RuleTree } from './rule-tree';

/** One version of a permission file, immutable. */
export interface PathRules {
  readonly rules: readonly PathRule[];
  readonly allow: RuleTree;
  readonly deny: RuleTree;
}

const RULES_PER_STEP = 50;
const ROLE = /^[^\p{Cc}\p{Cs}]+$/u;

/** @throws {FileFault} with the line that is not valid */
export function* readPermissionFile(text: string): Generator<void, PathRules> {
  const sections = yield* readYaml(text, 1, () => undefined);
  const rules: PathRule[] = [];
  const trees = { allow: new RuleTree('allow'), deny: new RuleTree('deny') };
  for (const [role, section] of sections) {
    if (!ROLE.test(role) || role !== role.trim())
      throw new FileFault('has an invalid name of a role', section.line);
    const effects = fieldsOf(section.read(), 'a role must have allow or deny');
    for (const [effect, value] of effects) {
      if (!isEffect(effect)) throw new FileFault('a role may only have allow and deny', value.line);
      const lines = new Map<string, number>();
      for (const [path, methods] of fieldsOf(value, `${effect} must have paths with their methods`)) {
        const pattern = parsePattern(path);
        if (typeof pattern === 'string') throw new FileFault(pattern, methods.line);
        const first = lines.get(pattern.text);
        if (first !== undefined)
          throw new FileFault(`repeats the path of line ${String(first)}`, methods.line);
        lines.set(pattern.text, methods.line);
        const rule: PathRule = { effect, role, pattern, methods: methodsOf(methods), line: methods.line };
        rules.push(rule);
        for (const part of spelledOut(path, pattern, effect)) trees[effect].add(rule, part);
        if (rules.length % RULES_PER_STEP === 0) yield;
      }
    }
  }
  return { rules, ...trees };
}

function isEffect(key: string): key is Effect {
  return key === 'allow' || key === 'deny';
}

function fieldsOf({ value, line }: Located, problem: string): Fields {
  if (!(value instanceof Map)) throw new FileFault(problem, line);
  return value as Fields;
}

function methodsOf({ value, line }: Located): ReadonlySet<string> {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new FileFault('a path must have methods', line);
  return new Set(
    list.map((method) => {
      const name = typeof method === 'string' ? method.toUpperCase() : undefined;
      if (name !== undefined && (name === '*' || METHODS.includes(name))) return name;
      throw new FileFault("a method must be an HTTP method, or '*' for all", line);
    }),
  );
}
