/**
 * `tine start` and `tine restart`: a server in the background, found by its pid file from then on.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { loadConfig } from "../config/config.ts";
import { EX_OSERR } from "../exit_codes.ts";
import { ownProgram } from "../os/command_line.ts";
import { checkStart } from "./check_start.ts";
import { loadNamedHandler } from "./named_handler.ts";
import { serve } from "./serve.ts";
import { stop } from "./stop.ts";

/** How `tine start` and `tine restart` are called, and what they do. */
export const USAGE = `Usage: tine start|restart [PERSONALITY] [HANDLER] [options]

start runs a server in the background (setsid), and returns when it listens, or says why it does not. It needs a
pid_file, by which the other commands find the server, and a log_file or its log is lost.

restart checks the new configuration, stops the server and starts it again. Connections are refused in between: a reload
does the same without that, and needs a restart only for a new version of Deno or Bun that was installed elsewhere.
`;

/** Starts a server in the background. */
export async function start(args: readonly string[]): Promise<void> {
  await serve(args, { before: 1, inBackground: true });
}

/** The words after which this program's arguments stand, with `start` as the first of these. */
function startCommand(args: readonly string[]): { path: string; words: string[] } {
  const { path, argv } = ownProgram();
  return { path, words: [...argv.slice(1, argv.length - args.length - 1), "start", ...args] };
}

/** Stops a server, and starts it again; nothing is stopped if the start would fail. */
export async function restart(args: readonly string[]): Promise<void> {
  const { handler, sources } = await loadNamedHandler(args, {
    before: 1,
    usage: "tine restart HANDLER [options]",
  });
  const loaded = await loadConfig(sources);
  const { taken: [taken] } = await checkStart(loaded, handler);
  if (taken !== undefined) throw taken;
  await stop(args);
  // A process of its own: the server is that program, also when it replaces itself for a reload.
  const { path, words } = startCommand(args);
  const child = spawn(path, words, { stdio: "inherit" });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? EX_OSERR));
  });
}
