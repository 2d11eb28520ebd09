/**
 * Finds the tools that the checks and tests run, and the environment to run them in.
 *
 * What `npm ci` installed comes first on PATH, so that everybody checks with the same versions; where nothing is
 * installed, the Deno that runs this script and what PATH has are used.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";

/** The project's folder, without a slash at its end. */
export const ROOT: string = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** A package from npm that brings a program, and the script by which it puts it in place. */
interface RuntimePackage {
  readonly name: "deno" | "bun";
  readonly installScript: string;
}

const RUNTIMES: readonly RuntimePackage[] = [
  { name: "deno", installScript: "install.cjs" },
  { name: "bun", installScript: "install.js" },
];

/**
 * Is this file a program for the machine, as against a script that starts one?
 *
 * A script in between would get the signals that tests send to a server.
 */
function isNativeProgram(path: string): boolean {
  if (!existsSync(path)) return false;
  const start = new Uint8Array(4);
  const file = openSync(path, "r");
  try {
    readSync(file, start, 0, start.length, 0);
  } finally {
    closeSync(file);
  }
  const magic = Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join("");
  // ELF, and Mach-O as it lies on little-endian machines.
  return magic === "7f454c46" || magic === "cffaedfe";
}

/**
 * Makes up for install scripts that npm did not run (`--ignore-scripts`, or npm's default from version 12 on): without
 * them `node_modules/.bin/deno` is a script of Node, and `node_modules/.bin/bun` does nothing but complain.
 */
function finishInstall(root: string): void {
  for (const { name, installScript } of RUNTIMES) {
    const folder = join(root, "node_modules", name);
    if (!existsSync(folder) || isNativeProgram(join(root, "node_modules", ".bin", name))) continue;
    execFileSync("node", [installScript], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  }
}

/**
 * The environment for the tools, with the installed programs first on PATH.
 *
 * @throws if an installed runtime cannot be put in place
 */
export function toolEnvironment(root: string = ROOT): Record<string, string> {
  finishInstall(root);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) environment[name] = value;
  return {
    ...environment,
    PATH: [
      join(root, "node_modules", ".bin"),
      ...(process.versions["bun"] === undefined ? [dirname(process.execPath)] : []),
      environment["PATH"] ?? "",
    ].join(delimiter),
    // Plain text can be searched and counted.
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
}
