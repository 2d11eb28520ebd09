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
import type { Daemon, InheritedDaemon } from "../daemon/daemon.ts";
import type { InheritedSocket, Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/choose.ts";
import { signalsOf } from "../signals.ts";
import { setAlarm } from "../process/alarm.ts";

/** The environment variable by which the program learns that it was restarted. */
export const RESTART_VARIABLE = "TINE_RESTART";

/** What the program hands to itself. */
export interface InheritedState {
  readonly sockets: readonly InheritedSocket[];
  /** Children that still finish their clients. */
  readonly children: readonly number[];
  /** Absent after a personality without children. */
  readonly deathPipe?: Pipe;
  readonly daemon: InheritedDaemon;
}

/** What is handed on. */
export interface PassedState {
  readonly listeners: readonly Listener[];
  /** Children that still finish their clients. */
  readonly children?: readonly number[];
  readonly deathPipe?: Pipe;
  /** Closed, so that nothing is left in this process that was said in it. */
  readonly logger: Logger;
  readonly daemon: Daemon;
}

/** Takes what the program handed to itself before its restart; undefined at a first start. */
export function takeInheritedState(): InheritedState | undefined {
  const text = process.env[RESTART_VARIABLE];
  if (text === undefined) return undefined;
  delete process.env[RESTART_VARIABLE];
  const inherited = JSON.parse(text) as InheritedState;
  for (const fd of descriptorsOf(inherited)) setCloseOnExec(fd, { on: true });
  return inherited;
}

function descriptorsOf(
  { sockets, deathPipe, daemon: { statusFd, pidFile } }: InheritedState,
): readonly number[] {
  return [
    ...sockets.map(({ fd }) => fd),
    ...(deathPipe === undefined ? [] : [deathPipe.read, deathPipe.write]),
    statusFd,
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
  await runtime.yieldToEvents();
}

/**
 * Executes the program again, after {@linkcode holdParentSignals}.
 *
 * @throws {SystemError} if it cannot be executed; the server can go on then
 */
export function executeAgain({ listeners, children = [], deathPipe, daemon, logger }: PassedState): never {
  const inherited: InheritedState = {
    sockets: listeners.map(({ fd, key, socketFile }) => ({ fd, key, socketFile })),
    children,
    ...(deathPipe === undefined ? {} : { deathPipe }),
    daemon: daemon.inherited,
  };
  logger.close();
  const program = ownProgram();
  const kept = descriptorsOf(inherited);
  for (const fd of kept) setCloseOnExec(fd, { on: false });
  // Bun lets all signals in when it starts: those whose default would end the new program have no effect until it
  // listens. What they ask for it is about to do, or can be asked for again.
  for (const name of ["HUP", "USR1", "TTIN", "TTOU"]) ignoreSignal(name);
  try {
    execute({
      ...program,
      environment: { ...program.environment, [RESTART_VARIABLE]: JSON.stringify(inherited) },
    });
  } catch (error) {
    holdSignals(signalsOf("parent"), { hold: false });
    for (const fd of kept) setCloseOnExec(fd, { on: true });
    throw error;
  }
}
