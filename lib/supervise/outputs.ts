/**
 * What children print, by whatever means: the standard output and error of each are a pipe to the parent, which writes
 * their lines to the log. A pipe lives as long as a process may write to it, perhaps a program that a child has left behind.
 *
 * @module
 */

import { PrintedLines } from "../log/printed_lines.ts";
import { closeFd, closeOnExec, createOutputPipe } from "../os/descriptor.ts";
import { libc } from "../os/calls.ts";
import { readableAmong } from "../os/wait.ts";
import type { InheritedOutput } from "../restart/inherited_state.ts";

/** The most that is read of one pipe at a time: one that prints without end does not hold up the parent. */
const MOST_AT_ONCE = 65_536;

interface Output extends InheritedOutput {
  readonly lines: PrintedLines;
}

/** The pipes of all children. */
export class Outputs {
  readonly #printed: (line: string, pid: number) => void;
  readonly #outputs = new Set<Output>();
  readonly #bytes = new Uint8Array(MOST_AT_ONCE);

  /** @param printed Is given each line, and the child that printed it. */
  constructor(printed: (line: string, pid: number) => void) {
    this.#printed = printed;
  }

  /** What is readable when a child has printed something. */
  get descriptors(): readonly number[] {
    return [...this.#outputs].map(({ fd }) => fd);
  }

  /** What is to be handed on over a restart. */
  get passed(): readonly InheritedOutput[] {
    return [...this.#outputs].map(({ pid, fd }) => ({ pid, fd }));
  }

  /**
   * Starts a child with a pipe for what it prints.
   *
   * @param start Is given the pipe's end, or nothing where the system gives no descriptor: the child then prints where
   * the parent does.
   */
  starting(start: (fd: number | undefined) => number): number {
    const pipe = pipeOrNone();
    try {
      const pid = start(pipe?.write);
      if (pipe !== undefined) this.adopt({ pid, fd: pipe.read });
      return pid;
    } catch (error) {
      if (pipe !== undefined) closeFd(pipe.read);
      throw error;
    } finally {
      if (pipe !== undefined) closeFd(pipe.write);
    }
  }

  /** Takes over a pipe that was handed on. */
  adopt({ pid, fd }: InheritedOutput): void {
    closeOnExec(fd);
    this.#outputs.add({ pid, fd, lines: new PrintedLines((line) => this.#printed(line, pid)) });
  }

  /** Takes what was printed. */
  take(): void {
    const outputs = [...this.#outputs];
    for (const i of readableAmong(this.descriptors)) this.#read(outputs[i] as Output);
  }

  #read(output: Output): void {
    const n = libc.read(output.fd, this.#bytes, this.#bytes.length);
    if (n > 0) output.lines.put(this.#bytes.subarray(0, n));
    if (n !== 0) return; // there is nothing now, or a signal came
    output.lines.end();
    closeFd(output.fd);
    this.#outputs.delete(output);
  }
}

function pipeOrNone(): ReturnType<typeof createOutputPipe> | undefined {
  try {
    return createOutputPipe();
  } catch {
    return undefined;
  }
}
