/**
 * Which program is started to be a server for this one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ownRuntimeArguments } from "../os/command_line.ts";
import { runtime } from "../runtime/choose.ts";

/** The command line's main module, which becomes the server. */
const MAIN = new URL("../../cli.ts", import.meta.url);

/** What of Deno's own flags is for the server too: its rights, and where modules come from. */
const PASSED_ON = [
  /^-[ARWESNI]+$/,
  /^--allow-all$/,
  /^--(allow|deny|ignore)-[a-z]+(=.*)?$/,
  /^--(unstable-[a-z-]+|cached-only|no-remote|no-npm|no-lock|no-config|node-modules-dir(=.*)?)$/,
  /^--(config|import-map|cert|lock|conditions|env-file)=/,
];

/** The configuration of Deno's that a module belongs to, as `deno run` would find it; undefined if there is none. */
function configOf(module: string | undefined): string | undefined {
  if (module === undefined || !module.startsWith("file:")) return undefined;
  for (let folder = dirname(fileURLToPath(module));; folder = dirname(folder)) {
    const found = ["deno.json", "deno.jsonc"].map((name) => join(folder, name)).find((path) =>
      existsSync(path)
    );
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

/** The words for Deno, whose main module would otherwise say where the handler's imports are looked up. */
function denoWords(handler: string | undefined): readonly string[] {
  const given = ownRuntimeArguments();
  const flags = given?.slice(1).filter((word) => PASSED_ON.some((flag) => flag.test(word))) ?? ["-A"];
  const config = flags.some((flag) => /^--(config=|no-config)/.test(flag)) ? undefined : configOf(handler);
  return ["run", ...flags, ...(config === undefined ? [] : [`--config=${config}`])];
}

/** A program's file and the words behind its name. */
export interface ServerProgram {
  readonly path: string;
  readonly words: readonly string[];
}

/**
 * The program. An executable has no other than itself, which comes to its own call of `serve` then.
 *
 * @param handler The URL of the handler's module.
 */
export function serverProgram(handler: string | undefined): ServerProgram {
  const path = runtime.executable;
  if (runtime.standalone) return { path, words: process.argv.slice(2) };
  const main = MAIN.protocol === "file:" ? fileURLToPath(MAIN) : MAIN.href;
  const shown = handler === undefined ? [] : [handler];
  return { path, words: [...(runtime.name === "deno" ? denoWords(handler) : []), main, ...shown] };
}
