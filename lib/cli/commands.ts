/**
 * The commands of `tine`, each in a module of its own that is loaded when it is asked for.
 *
 * @module
 */

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
  load(): Promise<(args: readonly string[]) => Promise<void>>;
}

/** A command whose function has its module to itself, or shares it with others. */
function command<Module extends CommandModule>(
  summary: string,
  load: () => Promise<Module>,
  choose: (module: Module) => (args: readonly string[]) => Promise<void>,
): Command {
  return { summary, usage: load, load: async () => choose(await load()) };
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
  check: command(
    "check a configuration, and show what is in force",
    () => import("./check.ts"),
    ({ check }) => check,
  ),
  convert: command(
    "convert a key-value file to TOML, or back",
    () => import("./convert.ts"),
    ({ convertFile }) => convertFile,
  ),
  status: command(
    "show what a server and its children do",
    () => import("./status.ts"),
    ({ status }) => status,
  ),
  top: command("watch a server and its children live", () => import("./top.ts"), ({ top }) => top),
  reload: command("load configuration and code again, and wait for the result", () => import("./reload.ts"), (
    { reload },
  ) => reload),
  scale: command("add or remove children", () => import("./scale.ts"), ({ scale }) => scale),
  restart: command("stop a server, and start it again", () => import("./start.ts"), ({ restart }) => restart),
  quit: command(
    "stop a server when its connections have ended",
    () => import("./stop.ts"),
    ({ quit }) => quit,
  ),
  stop: command("stop a server", () => import("./stop.ts"), ({ stop }) => stop),
  help: command(
    "explain a command, or options, signals, hooks",
    () => import("./help.ts"),
    ({ help }) => help,
  ),
  version: command(
    "print the versions of Tine and of the runtime",
    () => import("./help.ts"),
    ({ version }) => version,
  ),
};

/** The command of that name. */
export function findCommand(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}
