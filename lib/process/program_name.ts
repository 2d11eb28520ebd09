/**
 * What a server is called where people look for it: in its log and in `ps`.
 *
 * @module
 */

import { basename } from "node:path";
import process from "node:process";
import type { Config } from "../config/options.ts";
import { runtime } from "../runtime/choose.ts";

/** The name of a file without its folder and its ending. */
function stem(path: string): string {
  return basename(path).replace(/\.m?[jt]sx?$/, "");
}

/** The last part of a URL's path, where it has one. */
function stemOfUrl(url: string): string {
  return stem(URL.canParse(url) && !url.startsWith("data:") ? decodeURI(new URL(url).pathname) : "");
}

/**
 * The option `name`; else the program that `exec` runs, the handler's file, or the program itself.
 *
 * @param handlerUrl The module that the command line or a configuration file names.
 */
export function programName(
  { name, exec }: Pick<Config, "name" | "exec">,
  handlerUrl: string | undefined,
): string {
  if (name !== undefined) return name;
  if (exec[0] !== undefined) return basename(exec[0]);
  if (handlerUrl !== undefined) return stemOfUrl(handlerUrl) || "tine";
  const program = runtime.standalone ? runtime.executable : process.argv[1];
  const own = program === undefined ? "" : stem(program);
  return own === "" || own === "cli" ? "tine" : own;
}
