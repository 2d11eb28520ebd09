/**
 * Starting a program whose standard input and output are pipes to this process.
 *
 * @module
 */

import { errno, libc } from "./calls.ts";
import { closeFd, createPipe, type Pipe, setBlocking } from "./descriptor.ts";
import { EAGAIN, EINTR, EPIPE, systemError } from "./errno.ts";
import { SPAWN_OBJECT_SIZE, StringArray } from "./process.ts";
import { notStarted, startAfresh } from "./program_starter.ts";

const STDERR = 2;

/** What to start. */
export interface PipedProgram {
  /** The absolute path of its file. */
  readonly path: string;
  readonly argv: readonly string[];
  /** Its whole environment, as `NAME=value` in bytes. */
  readonly environment: readonly Uint8Array[];
  /** Its working directory. */
  readonly folder: string;
}

/** This process's ends of its pipes, which do not block and are close-on-exec. */
export interface StartedPiped {
  /** Its process id, which is its process group's and session's too. */
  readonly pid: number;
  /** What is written here it reads. */
  readonly stdin: number;
  /** What it writes is read here. */
  readonly stdout: number;
}

function spawn({ path, argv, environment, folder }: PipedProgram, input: Pipe, output: Pipe): number {
  const encoder = new TextEncoder();
  const pid = new Int32Array(1);
  const actions = new Uint8Array(SPAWN_OBJECT_SIZE);
  const attributes = new Uint8Array(SPAWN_OBJECT_SIZE);
  const words = new StringArray(argv);
  const variables = new StringArray(environment);
  startAfresh(attributes);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawn_file_actions_addchdir_np(actions, encoder.encode(`${folder}\0`)); // glibc 2.29
  libc.posix_spawn_file_actions_adddup2(actions, input.read, 0);
  libc.posix_spawn_file_actions_adddup2(actions, output.write, 1);
  libc.posix_spawn_file_actions_adddup2(actions, STDERR, STDERR);
  const failure = libc.posix_spawn(
    new Uint8Array(pid.buffer),
    encoder.encode(`${path}\0`),
    actions,
    attributes,
    words.bytes,
    variables.bytes,
  );
  libc.posix_spawn_file_actions_destroy(actions);
  libc.posix_spawnattr_destroy(attributes);
  if (failure !== 0) throw notStarted(path, failure);
  return pid[0] as number;
}

/**
 * Starts a program in a session of its own.
 *
 * @throws {SpawnError} if it cannot be started
 * @throws {SystemError} if there are no descriptors left
 */
export function startPiped(program: PipedProgram): StartedPiped {
  const input = createPipe();
  let output: Pipe | undefined;
  try {
    output = createPipe();
    setBlocking(input.read);
    setBlocking(output.write);
    const pid = spawn(program, input, output);
    return { pid, stdin: input.write, stdout: output.read };
  } catch (error) {
    closeFd(input.write);
    if (output !== undefined) closeFd(output.read);
    throw error;
  } finally {
    closeFd(input.read);
    if (output !== undefined) closeFd(output.write);
  }
}

/** Reads what is in a pipe: how many bytes; 0 at the end, undefined where one would have to wait. @throws {SystemError} */
export function readPipe(fd: number, bytes: Uint8Array): number | undefined {
  for (;;) {
    const count = libc.read(fd, bytes, bytes.length);
    if (count >= 0) return count;
    const number = errno();
    if (number === EAGAIN) return undefined;
    if (number !== EINTR) throw systemError("read", "read from the program", number);
  }
}

/** Writes what a pipe takes: how many bytes; undefined where nobody reads from it any more. @throws {SystemError} */
export function writePipe(fd: number, bytes: Uint8Array): number | undefined {
  for (;;) {
    const count = libc.write(fd, bytes, bytes.length);
    if (count >= 0) return count;
    const number = errno();
    if (number === EAGAIN) return 0;
    if (number === EPIPE) return undefined;
    if (number !== EINTR) throw systemError("write", "write to the program", number);
  }
}
