/**
 * `tine check FILE`: checks a configuration and prints what is in force and where it came from.
 *
 * @module
 */

import process from "node:process";
import { loadConfig, type LoadedConfig } from "../config/config.ts";
import { effectiveOptions, printEffective } from "../config/describe.ts";
import { counted } from "../counted.ts";
import { UsageError } from "../errors.ts";
import { locateApps } from "../http/app/locate_apps.ts";
import { locateProgram } from "../handler/program_path.ts";
import { findPersonality } from "../personality/personality.ts";
import { describeFailure } from "../process/failure.ts";
import { checkStart } from "./check_start.ts";
import { COMMAND_FLAGS, takeFlags } from "./flags.ts";
import { type Caller, TINE } from "./caller.ts";
import { print } from "../process/print.ts";

/** How `tine check` is called, and what it does. */
export const USAGE = `Usage: tine check FILE [HANDLER] [options] [--all | --json]

Checks all that a start would: the file, users, groups, directories, ports and the handler, and creates nothing. Prints
a verdict, then what is set and where. Exit status 0, or that of the start: 78 where the configuration is wrong. That
a port is taken now is a note, since the server that has it may be the one to be reloaded.

  --all   also the options that have their default
  --json  the same as one JSON object
`;

/** Whether the first argument is the file to check: it is no option, no personality and no module. */
function namesFile(argument: string | undefined): argument is string {
  if (argument === undefined || argument.startsWith("-") || findPersonality(argument) !== undefined) {
    return false;
  }
  return !/\.m?[jt]sx?$/.test(argument);
}

/** What a start would come to, in a few words. */
function verdict({ config, personality }: LoadedConfig, ports: number): string {
  const children = {
    wrapper: "",
    in_process: "no children",
    children: personality.spares === undefined
      ? counted(config.maxServers, "child", "children")
      : `${config.minServers} to ${counted(config.maxServers, "child", "children")}`,
  }[personality.running];
  return [
    personality.binds ? counted(ports, "port") : "no port",
    `${personality.name} with ${children}`,
    ...(config.user === undefined ? [] : [`user ${config.user}`]),
    ...(config.group === undefined ? [] : [`group ${config.group}`]),
    ...(config.chroot === undefined ? [] : [`chroot ${config.chroot}`]),
  ].join(", ");
}

/** What was checked, and what it comes to. */
interface Checked {
  readonly loaded: LoadedConfig;
  readonly summary: string;
  readonly notes: readonly string[];
}

/** @throws {TineError} as the start would */
async function look(args: readonly string[], caller: Caller): Promise<Checked> {
  const [first, ...others] = args;
  const file = namesFile(first) ? first : undefined;
  const { handler, sources } = await caller.load(file === undefined ? args : others, {
    before: 1,
    usage: "tine check FILE HANDLER [options]",
    flags: COMMAND_FLAGS.check,
    file,
  });
  const loaded = await loadConfig(sources);
  const located = loaded.config.exec.length > 0
    ? locateProgram(loaded, handler ?? {})
    : await locateApps(loaded, handler ?? {});
  const { ports, taken } = await checkStart(located, handler);
  // No fault of the configuration: a server that runs with it has its ports.
  const notes = [...located.notes, ...taken.map(({ message }) => `A start would fail now: ${message}`)];
  return { loaded: located, summary: verdict(located, ports), notes };
}

/** Everything as one object, for programs. */
function asJson({ loaded, summary, notes }: Checked): string {
  const options = Object.fromEntries(
    effectiveOptions(loaded).map(({ key, value, origins }) => [key, { value: value ?? null, origins }]),
  );
  return JSON.stringify({ ok: true, summary, options, notes }, null, 2);
}

/** Checks what the arguments name, and prints what a start would come to. */
export async function check(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const { given, rest } = takeFlags(args, COMMAND_FLAGS.check);
  // A program has options of its own to check.
  if (rest.length === 0 && caller.takesHandler) {
    throw new UsageError("Missing what to check; write tine check FILE [HANDLER] [options]");
  }
  let checked: Checked;
  try {
    checked = await look(rest, caller);
  } catch (error) {
    if (given.has("json")) {
      print(`${JSON.stringify({ ok: false, error: describeFailure(error).text })}\n`);
    }
    throw error;
  }
  const { loaded, summary, notes } = checked;
  if (given.has("json")) print(`${asJson(checked)}\n`);
  else {
    const shown = effectiveOptions(loaded).filter(({ origins }) => given.has("all") || origins.length > 0);
    print(`# OK: ${summary}\n${printEffective(shown)}`);
    for (const note of notes) process.stderr.write(`${note}\n`);
  }
}
