/**
 * The `tsconfig.json` of a project for Bun, as `bun init` writes it in what matters here.
 *
 * @module
 */

const COMPILER_OPTIONS = {
  lib: ["ESNext"],
  target: "ESNext",
  module: "Preserve",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  types: ["bun-types"],
  noEmit: true,
  strict: true,
  skipLibCheck: true,
};

/** The file's text, with `more` options of the compiler. */
export function tsconfig(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, ...more } });
}

/** The packages that such a project has, as devDependencies. */
export const TYPE_PACKAGES: readonly string[] = ["bun-types", "@types/node", "undici-types"];
