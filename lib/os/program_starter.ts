/**
 * Starting one program over and over, each time with another socket as its standard input and output: what does not
 * change is laid out once.
 *
 * @module
 */

import { SpawnError } from "../errors.ts";
import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants as c, SIGNAL_NUMBERS } from "./constants.ts";
import { errnoName, errnoSentence } from "./errno.ts";
import { signalSet, SPAWN_OBJECT_SIZE, StringArray } from "./process.ts";

/** Room for the variables of one client: two paths of a unix socket, or addresses and a host name. */
const VARIABLES_SIZE = 4096;

const REMEDIES: Readonly<Record<string, string>> = {
  EAGAIN: "; raise the limit of processes (ulimit -u), or lower max_servers",
  ENOENT: "; see whether it, or the interpreter that its first line names, is still there",
  ENOEXEC: "; a script needs a first line that names its interpreter, such as #!/bin/sh",
  E2BIG: "; its arguments and the environment are too long",
};

/** The error of a program that could not be started, by the number that posix_spawn gives. */
export function notStarted(path: string, failure: number): SpawnError {
  const name = errnoName(failure);
  return new SpawnError(`Cannot start ${path}: ${errnoSentence(name)}${REMEDIES[name] ?? ""}`);
}

/**
 * Has a program start in a session of its own, so that a signal reaches all that it starts; with no signal held back, and
 * none ignored, as both runtimes ignore SIGPIPE.
 */
export function startAfresh(attributes: Uint8Array): void {
  libc.posix_spawnattr_init(attributes);
  libc.posix_spawnattr_setflags(
    attributes,
    c.POSIX_SPAWN_SETSID | c.POSIX_SPAWN_SETSIGMASK | c.POSIX_SPAWN_SETSIGDEF,
  );
  libc.posix_spawnattr_setsigmask(attributes, signalSet([]));
  const settable = Object.keys(SIGNAL_NUMBERS).filter((name) => name !== "SIGKILL" && name !== "SIGSTOP");
  libc.posix_spawnattr_setsigdefault(attributes, signalSet(settable));
}

/** What to start. */
export interface StartedProgram {
  /** The path of its file. */
  readonly path: string;
  readonly argv: readonly string[];
  /** The part of its environment that is the same every time, as `NAME=value`. */
  readonly environment: readonly string[];
}

/** Starts a program for one client after the other. */
export class ProgramStarter {
  readonly #path: string;
  readonly #pathBytes: Uint8Array;
  readonly #argv: StringArray;
  readonly #environment: StringArray;
  /** Pointers to the variables that stay, followed by those of the present client. */
  readonly #pointers: BigUint64Array;
  readonly #pointerBytes: Uint8Array;
  readonly #variables = new Uint8Array(VARIABLES_SIZE);
  readonly #variablesAt: number;
  readonly #encoder = new TextEncoder();
  readonly #actions = new Uint8Array(SPAWN_OBJECT_SIZE);
  readonly #attributes = new Uint8Array(SPAWN_OBJECT_SIZE);
  readonly #pid = new Int32Array(1);
  readonly #pidBytes = new Uint8Array(this.#pid.buffer);
  /** The descriptors that the prepared actions are for. */
  #prepared: { readonly socket: number; readonly stderr: number } | undefined;

  /** @param most The most variables that a client has. */
  constructor(program: StartedProgram, { most }: { most: number }) {
    this.#path = program.path;
    this.#pathBytes = new TextEncoder().encode(`${program.path}\0`);
    this.#argv = new StringArray(program.argv);
    this.#environment = new StringArray(program.environment);
    this.#pointers = new BigUint64Array(program.environment.length + most + 1);
    this.#pointers.set(new BigUint64Array(this.#environment.bytes.buffer));
    this.#pointerBytes = new Uint8Array(this.#pointers.buffer);
    this.#variablesAt = runtime.addressOf(this.#variables);
    startAfresh(this.#attributes);
  }

  /**
   * Starts the program.
   *
   * @param socket What becomes its standard input and output. It must be above 2.
   * @param stderr What becomes its standard error.
   * @param variables The client's part of its environment, as `NAME=value`.
   * @returns Its process id, which is its process group's and session's too.
   * @throws {SpawnError} if it cannot be started
   */
  start(socket: number, stderr: number, variables: readonly string[]): number {
    this.#layOut(variables);
    if (this.#prepared?.socket !== socket || this.#prepared.stderr !== stderr) this.#prepare(socket, stderr);
    const failure = libc.posix_spawn(
      this.#pidBytes,
      this.#pathBytes,
      this.#actions,
      this.#attributes,
      this.#argv.bytes,
      this.#pointerBytes,
    );
    if (failure === 0) return this.#pid[0] as number;
    throw notStarted(this.#path, failure);
  }

  /** Writes the variables, each with a zero behind it, and the pointers to them. */
  #layOut(variables: readonly string[]): void {
    // A zero within one, such as in the name of a client's abstract socket, would make two of it.
    const whole = variables.filter((variable) => !variable.includes("\0"));
    const text = `${whole.join("\0")}\0`;
    const bytes = this.#variables;
    const { written } = this.#encoder.encodeInto(text, bytes);
    let next = this.#environment.strings.length;
    for (let at = 0; at < written;) {
      const end = bytes.indexOf(0, at);
      // Nothing in it is that long by accident: cut, a variable would say something else.
      if (end < 0 || end >= written) break;
      this.#pointers[next++] = BigInt(this.#variablesAt + at);
      at = end + 1;
    }
    this.#pointers[next] = 0n;
  }

  #prepare(socket: number, stderr: number): void {
    if (this.#prepared !== undefined) libc.posix_spawn_file_actions_destroy(this.#actions);
    libc.posix_spawn_file_actions_init(this.#actions);
    // The standard error first: it may be the present descriptor 1, which is about to be another. A duplicate onto the
    // same number clears close-on-exec (POSIX.1-2024; glibc 2.29).
    libc.posix_spawn_file_actions_adddup2(this.#actions, stderr, 2);
    libc.posix_spawn_file_actions_adddup2(this.#actions, socket, 0);
    libc.posix_spawn_file_actions_adddup2(this.#actions, socket, 1);
    this.#prepared = { socket, stderr };
  }
}
