/** The exact versions that everything runs with, from the manifest of the tools. */
import tools from './tools/package.json';

const VERSIONS: Readonly<Record<string, string>> = {
  ...tools.dependencies,
  ...tools.devDependencies,
  ...tools.optionalDependencies,
};

/** @throws Error for a package that the manifest lacks */
export function versionOf(name: string): string {
  const range = VERSIONS[name];
  if (range === undefined) throw new Error(`test/compat/tools/package.json lacks ${name}`);
  return range.slice(range.lastIndexOf('@') + 1);
}

/** The packages of the manifest that a platform names in another way, by the names that Node has for it. */
const BUN_ARCH: Readonly<Record<string, string>> = { x64: 'x64', arm64: 'aarch64' };
const PLATFORM = `${process.platform}-${process.arch}`;

export const PACKAGES = {
  node20: `node20-${PLATFORM}`,
  node22: `node22-${PLATFORM}`,
  node24: `node24-${PLATFORM}`,
  node26: `node26-${PLATFORM}`,
  bun: `@oven/bun-${process.platform}-${BUN_ARCH[process.arch] ?? process.arch}`,
  pnpm12: `@pnpm/exe.${PLATFORM}`,
} as const;
