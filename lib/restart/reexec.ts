/**
 * The parent executes its own program again. The process id, the listening sockets and the children stay, so that
 * no client is refused meanwhile.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { KEEP_FLAG, ownProgram } from "../os/command_line.ts";
import { closeFd, closeOnExec, keepOnExec } from "../os/descriptor.ts";
import { readNote, type SignalNote, SignalRecord } from "../os/signal_record.ts";
import { blockSignals, execute, sendSignal, unblockSignals } from "../os/process.ts";
import { holdOtherThreads } from "../os/other_threads.ts";
import { SignalActions } from "../os/signal_actions.ts";
import { runtime } from "../runtime/choose.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { signalsOf } from "../signals.ts";
import { setAlarm } from "../process/alarm.ts";
import { givenVariables } from "../process/given.ts";
import { type InheritedState, RESTART_VARIABLE, writeInheritedState } from "./inherited_state.ts";

/** The environment variable with the {@linkcode RestartNote} of the program that executed this one. */
const NOTE_VARIABLE = "TINE_NOTE";

/**
 * Bun's variable for loading modules on the main thread. Where other threads do it, Bun waits for them in its event
 * loop before it runs the first module.
 */
const LOADING_VARIABLE = "BUN_FEATURE_FLAG_DISABLE_ASYNC_TRANSPILER";

/** What a program is told by the one that was there before. */
interface RestartNote {
  readonly signal: SignalNote;
  /** The variables that are for the start of this program alone. */
  readonly variables: readonly string[];
}

/** The signals that end the server, and that end a process which does not listen to them. */
const ENDING = ["INT", "QUIT", "TERM"];

/** Signals that are held back while the program replaces itself. */
export class HeldSignals {
  readonly #record: SignalRecord;

  /**
   * Holds signals back until the new program listens to them: a HUP on its way would end it otherwise.
   *
   * Other threads of this program let them in all the same, and a listener that is called when the program is just being
   * replaced would never have its turn. So those that are to end the server are noted for the new program from now on.
   */
  constructor() {
    // This thread takes signals first. What comes in between would have to be called by a thread that is about to end.
    this.#record = new SignalRecord(ENDING);
    blockSignals(signalsOf("parent"));
  }

  /** For the new program. */
  get note(): SignalNote {
    return this.#record.note;
  }

  /** Lets signals in again: those that were noted come to who listens. */
  letIn(): void {
    const noted = this.#record.restore();
    if (noted !== undefined) signalListeners.came(noted);
    unblockSignals(signalsOf("parent"));
  }
}

/**
 * Takes the note of the program that executed this one: a signal that came meanwhile acts as if it came now. What that
 * program set for the start alone is not passed on to what this one starts.
 */
export function takeRestartNote(): void {
  const text = runtime.takeVariable(NOTE_VARIABLE);
  if (text === undefined) return;
  const { signal, variables } = JSON.parse(text) as RestartNote;
  for (const name of variables) runtime.takeVariable(name);
  const noted = readNote(signal);
  if (noted !== undefined) signalListeners.came(noted);
}

/** What has this program listen to signals before all else, when it is executed again. */
interface EarlyListening {
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Bun delivers the signals that are held back as soon as it waits in its event loop. So it is to load `keep_signals.ts`
 * first, and without waiting for it. An executable, or a bundle, begins with what that says anyway.
 */
function earlyListening(environment: Readonly<Record<string, string | undefined>>): EarlyListening {
  const none = { flags: [], variables: {} };
  if (runtime.name !== "bun" || runtime.standalone) return none;
  const path = fileURLToPath(new URL("./keep_signals.ts", import.meta.url));
  if (!existsSync(path)) return none;
  const flags = [`${KEEP_FLAG}${path}`];
  if (environment[LOADING_VARIABLE] !== undefined) return { flags, variables: {} };
  return { flags, variables: { [LOADING_VARIABLE]: "1" } };
}

/** How long a signal may be on its way within the runtime. */
const ON_ITS_WAY_MS = 1000;

/**
 * Waits until the listeners of all signals that came before were called, those of {@linkcode HeldSignals} too. A
 * runtime notes a signal at once and calls its listener later, perhaps by way of another thread: a signal of our own,
 * which no other process sends, comes out behind those that went in before it.
 */
export async function settleSignals(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const forget = runtime.onSignal("URG", resolve);
  const callOff = setAlarm(ON_ITS_WAY_MS, resolve);
  sendSignal(process.pid, "URG");
  await promise;
  callOff();
  forget();
  await runtime.yieldToEvents();
}

/**
 * Executes the program again.
 *
 * @throws {SystemError} if it cannot be executed
 */
export function executeAgain(state: InheritedState, held: HeldSignals): never {
  const kept = writeInheritedState(state);
  const [text] = kept;
  const program = ownProgram();
  const { flags, variables } = earlyListening(program.environment);
  const note: RestartNote = { signal: held.note, variables: Object.keys(variables) };
  for (const fd of kept) keepOnExec(fd);
  // A signal that another thread takes between here and the new program has no effect: that is about to do what they ask for, or
  // can be asked again. One that comes later waits until the new program listens.
  const ignored = new SignalActions(["HUP", "USR1", "TTIN", "TTOU"]);
  let holding: SignalActions | undefined;
  try {
    execute({
      ...program,
      argv: [program.argv[0] as string, ...flags, ...program.argv.slice(1)],
      environment: {
        ...program.environment,
        ...givenVariables,
        ...variables,
        [RESTART_VARIABLE]: String(text),
        [NOTE_VARIABLE]: JSON.stringify(note),
      },
    }, () => {
      holding = holdOtherThreads(ENDING);
    });
  } catch (error) {
    holding?.restore();
    ignored.restore();
    for (const fd of kept) closeOnExec(fd);
    closeFd(text as number);
    throw error;
  }
}
