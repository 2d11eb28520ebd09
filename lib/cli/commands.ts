/**
 * The commands of `tine`, each in a module of its own that is loaded when it is asked for.
 *
 * @module
 */

import type { Caller } from "./caller.ts";

/** A command's module, as it is used here. */
export interface CommandModule {
  /** How it is called, and what it does: the text of `tine COMMAND --help`. */
  readonly USAGE: string;
}

/** One command. */
export interface Command {
  /** What it does, in a few words. */
  readonly summary: string;
  /** Whether its process becomes a server, which takes signals as one. */
  readonly serves?: true;
  /** Loads its help. */
  usage(): Promise<CommandModule>;
  /** Loads it. */
  load(): Promise<(args: readonly string[], caller?: Caller) => Promise<void>>;
  /** Whether a program that has called `run` answers it too. */
  readonly isForPrograms?: true;
}

/** A command whose function has its module to itself, or shares it with others. */
function command<Module extends CommandModule>(
  summary: string,
  load: () => Promise<Module>,
  choose: (module: Module) => (args: readonly string[], caller?: Caller) => Promise<void>,
): Command {
  return { summary, usage: load, load: async () => choose(await load()) };
}

/** A command that a program which has called `run` answers too. */
function alsoOfPrograms<Module extends CommandModule>(...given: Parameters<typeof command<Module>>): Command {
  return { ...command(...given), isForPrograms: true };
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    ...command("run a server in the background", () => import("./start.ts"), ({ start }) => start),
    serves: true,
  },
  exec: {
    ...command("run a program per connection, as inetd does", () => import("./exec.ts"), ({ exec }) => exec),
    serves: true,
  },
  init: command("write a small project to begin with", () => import("./init.ts"), ({ init }) => init),
  check: alsoOfPrograms(
    "check a configuration, and show what is in force",
    () => import("./check.ts"),
    ({ check }) => check,
  ),
  convert: command(
    "convert a key-value file to TOML, or back",
    () => import("./convert.ts"),
    ({ convertFile }) => convertFile,
  ),
  status: alsoOfPrograms(
    "show what a server and its children do",
    () => import("./status.ts"),
    ({ status }) => status,
  ),
  top: alsoOfPrograms("watch a server and its children live", () => import("./top.ts"), ({ top }) => top),
  reload: alsoOfPrograms(
    "load configuration and code again, and wait for the result",
    () => import("./reload.ts"),
    ({ reload }) => reload,
  ),
  scale: alsoOfPrograms("add or remove children", () => import("./scale.ts"), ({ scale }) => scale),
  restart: command("stop a server, and start it again", () => import("./start.ts"), ({ restart }) => restart),
  quit: alsoOfPrograms(
    "stop a server when its connections have ended",
    () => import("./stop.ts"),
    ({ quit }) => quit,
  ),
  stop: alsoOfPrograms("stop a server", () => import("./stop.ts"), ({ stop }) => stop),
  completion: command(
    "print completion for a shell",
    () => import("./completion.ts"),
    ({ completion }) => completion,
  ),
  help: alsoOfPrograms(
    "explain a command, or options, signals, hooks",
    () => import("./help.ts"),
    ({ help }) => help,
  ),
  version: alsoOfPrograms(
    "print the versions of Tine and of the runtime",
    () => import("./help.ts"),
    ({ version }) => version,
  ),
};

/** The commands that a caller has. */
export function commandsOf({ takesHandler }: Caller): readonly (readonly [string, Command])[] {
  return Object.entries(COMMANDS).filter(([, { isForPrograms }]) => takesHandler || isForPrograms);
}

/** The command of that name. */
export function findCommand(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}
