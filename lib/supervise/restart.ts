/**
 * HUP: the parent executes its own program again. The process id and the listening sockets stay, so that nobody
 * is refused meanwhile.
 *
 * @module
 */

import process from "node:process";
import { ownProgram } from "../os/command_line.ts";
import { type Pipe, setCloseOnExec } from "../os/descriptor.ts";
import { defaultSignal, execute, holdSignals, ignoreSignal, sendSignal } from "../os/process.ts";
import type { Daemon, DaemonLegacy } from "../daemon/daemon.ts";
import type { InheritedSocket, Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/choose.ts";
import { signalsOf } from "../signals.ts";
import { setAlarm } from "./clock.ts";

/** The environment variable by which the program learns that it was restarted. */
export const RESTART_VARIABLE = "TINE_RESTART";

/** What the program hands to itself. */
export interface Legacy {
  readonly sockets: readonly InheritedSocket[];
  /** Children that still finish their clients. */
  readonly children: readonly number[];
  /** Absent after a personality without children. */
  readonly lifeline?: Pipe;
  readonly daemon: DaemonLegacy;
}

/** What is handed on. */
export interface Estate {
  readonly listeners: readonly Listener[];
  /** Children that still finish their clients. */
  readonly children?: readonly number[];
  readonly lifeline?: Pipe;
  /** Closed, so that nothing is left in this process that was said in it. */
  readonly logger: Logger;
  readonly daemon: Daemon;
}

/** Takes what the program handed to itself before its restart; undefined at a first start. */
export function takeLegacy(): Legacy | undefined {
  const text = process.env[RESTART_VARIABLE];
  if (text === undefined) return undefined;
  delete process.env[RESTART_VARIABLE];
  const legacy = JSON.parse(text) as Legacy;
  for (const fd of descriptorsOf(legacy)) setCloseOnExec(fd, { on: true });
  return legacy;
}

function descriptorsOf({ sockets, lifeline, daemon: { boardFd, pidFile } }: Legacy): readonly number[] {
  return [
    ...sockets.map(({ fd }) => fd),
    ...(lifeline === undefined ? [] : [lifeline.read, lifeline.write]),
    boardFd,
    ...(pidFile === undefined ? [] : [pidFile.fd]),
  ];
}

/** The signals that end the server, and that end a process which does not listen to them. */
const ENDING = ["INT", "QUIT", "TERM"];

/**
 * Holds signals back until the new program listens to them: a HUP on its way would end it otherwise.
 *
 * Other threads of this program, and on Bun the new one while it starts, let them in all the same. So those that are to
 * end the server end it there and then, by the system's default: a listener that is called when the program is just being
 * replaced would never have its turn, and the signal would be lost. Children see that their parent has gone.
 */
export function holdParentSignals(): void {
  holdSignals(signalsOf("parent"), { hold: true });
  for (const name of ENDING) defaultSignal(name);
}

/** How long a signal may be on its way within the runtime. */
const ON_ITS_WAY_MS = 1000;

/**
 * Waits, after {@linkcode holdParentSignals}, until the listeners of all signals that came before it were called. A
 * runtime notes a signal at once and calls its listener later, perhaps by way of another thread: a signal of our own,
 * which nobody else sends, comes out behind those that went in before it.
 */
export async function settleSignals(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  runtime.onSignal("URG", resolve);
  const callOff = setAlarm(ON_ITS_WAY_MS, resolve);
  sendSignal(process.pid, "URG");
  await promise;
  callOff();
  await runtime.breathe();
}

/**
 * Executes the program again, after {@linkcode holdParentSignals}.
 *
 * @throws {SystemError} if it cannot be executed; the server can go on then
 */
export function executeAgain({ listeners, children = [], lifeline, daemon, logger }: Estate): never {
  const legacy: Legacy = {
    sockets: listeners.map(({ fd, key, socketFile }) => ({ fd, key, socketFile })),
    children,
    ...(lifeline === undefined ? {} : { lifeline }),
    daemon: daemon.legacy,
  };
  logger.close();
  const program = ownProgram();
  const kept = descriptorsOf(legacy);
  for (const fd of kept) setCloseOnExec(fd, { on: false });
  // Bun lets all signals in when it starts: those whose default would end the new program have no effect until it
  // listens. What they ask for it is about to do, or can be asked for again.
  for (const name of ["HUP", "USR1", "TTIN", "TTOU"]) ignoreSignal(name);
  try {
    execute({
      ...program,
      environment: { ...program.environment, [RESTART_VARIABLE]: JSON.stringify(legacy) },
    });
  } catch (error) {
    holdSignals(signalsOf("parent"), { hold: false });
    for (const fd of kept) setCloseOnExec(fd, { on: true });
    throw error;
  }
}
