/**
 * Starting a child: the same program again, with its ticket in the environment and its descriptors handed down.
 *
 * @module
 */

import process from "node:process";
import {
  ARENAS_VARIABLE,
  CHILD_VARIABLE,
  type ChildTicket,
  formatTicket,
  type Handoff,
  inheritedDescriptors,
  LAZY_VARIABLE,
  ORIGIN_VARIABLE,
} from "../handoff.ts";
import { programMark, runningProgram } from "../os/command_line.ts";
import { type Program, spawn } from "../os/process.ts";
import { shareText } from "../os/shared_memory.ts";
import { runtime } from "../runtime/choose.ts";
import { HEARD_SIGNALS } from "../signals.ts";

/** Starts children that share one handoff. */
export class Spawner {
  readonly #program: Program;
  readonly #origin = `${process.pid} ${programMark()}`;
  readonly #textFd: number;
  readonly #inherit: readonly number[];
  /** Whether a child may look for modules when it imports them, which it cannot in another root. */
  readonly #mayLookLater: boolean;

  /**
   * Prepares what all of them have in common.
   *
   * @param name What the server is called: children are told from their parent by it, in `ps`.
   */
  constructor(handoff: Handoff, name: string) {
    const program = runningProgram();
    // Who looks for the runtime's name finds the parent, which is the one to signal.
    this.#program = { ...program, argv: [`${name}: child`, ...program.argv.slice(1)] };
    this.#textFd = shareText("handoff", JSON.stringify(handoff));
    this.#mayLookLater = runtime.name === "deno" && handoff.config.chroot === undefined;
    this.#inherit = [this.#textFd, ...inheritedDescriptors(handoff)];
  }

  /**
   * Starts a child.
   *
   * @param output What becomes its standard output and error; undefined for the parent's.
   * @returns Its process id.
   * @throws {SpawnError} if the system cannot start another process
   */
  start(ticket: Omit<ChildTicket, "fd" | "oneArena" | "lazyImports">, output?: number): number {
    const given = this.#program.environment;
    const oneArena = given[ARENAS_VARIABLE] === undefined;
    const lazyImports = this.#mayLookLater && given[LAZY_VARIABLE] === undefined;
    const environment = {
      ...given,
      ...(lazyImports ? { [LAZY_VARIABLE]: "1" } : {}),
      ...(oneArena ? { [ARENAS_VARIABLE]: "1" } : {}),
      [ORIGIN_VARIABLE]: this.#origin,
      [CHILD_VARIABLE]: formatTicket({ ...ticket, fd: this.#textFd, oneArena, lazyImports }),
    };
    return spawn({ ...this.#program, environment }, {
      inherit: this.#inherit,
      heldBack: HEARD_SIGNALS,
      output,
    });
  }
}
