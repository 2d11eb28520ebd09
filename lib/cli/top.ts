/**
 * `tine top`: a server and its children, live.
 *
 * @module
 */

import process from "node:process";
import type { RunningServer } from "../daemon/running_server.ts";
import { scaleByOne } from "../daemon/scale_server.ts";
import { readServerStatus, type ServerStatus } from "../daemon/server_status.ts";
import { PrivilegeError, TineError } from "../errors.ts";
import { EX_NOT_RUNNING, EX_TEMPFAIL } from "../exit_codes.ts";
import { signalNumber } from "../os/process.ts";
import { setAlarm } from "../process/alarm.ts";
import { type Caller, TINE } from "./caller.ts";
import { COMMAND_FLAGS, takeFlags } from "./flags.ts";
import { isScreen, Screen, type ScreenEnd } from "./screen.ts";
import { findTarget, FOUND_BY } from "./target.ts";
import { renderTop, type Sort, SORTS } from "./top_screen.ts";
import { print } from "../process/print.ts";

/** How `tine top` is called, and what it does. */
export const USAGE = `Usage: tine top [HANDLER] [options] [--once]

Shows a server and its children live, once a second. Keys: q quits; s sorts by the next column; + and - start and stop a
child, as tine scale does. A child in an endless loop is marked as looping.

  --once  plain text, one time, after one second; so it is where standard output is no terminal

${FOUND_BY}
`;

const EVERY_MS = 1000;
/** With so many children, the system would count for long what memory is theirs alone. */
const MANY_CHILDREN = 64;
/** What the key Ctrl-C sends where it makes no signal. */
const CTRL_C = "\x03";

/** What is seen at a look. @throws {TineError} if it has ended, or is not to be seen */
function look(server: RunningServer, before: ServerStatus | undefined): ServerStatus {
  const many = (before?.children.length ?? 0) > MANY_CHILDREN;
  const status = readServerStatus(server, { memory: many ? "rss" : "pss" });
  if (server.ended) {
    throw new TineError(`Cannot see the server with process id ${server.pid} any more: it has ended`, {
      exitCode: EX_NOT_RUNNING,
    });
  }
  if (status.personality !== null) return status;
  if (status.ready !== null) {
    throw new TineError(
      `Cannot see what the server with process id ${server.pid} does: it is starting; wait with tine status ` +
        "--wait-ready SECONDS",
      { exitCode: EX_TEMPFAIL },
    );
  }
  throw new PrivilegeError(
    `Cannot see what the server with process id ${server.pid} does: the system does not show it to this user; ` +
      "become root",
  );
}

/** A server on a screen, until the user or a signal ends it. */
class Live {
  readonly #server: RunningServer;
  readonly #end = Promise.withResolvers<ScreenEnd>();
  readonly #screen: Screen;
  #before: ServerStatus | undefined;
  #now: ServerStatus;
  #sort: Sort = SORTS[0];
  #note: string | undefined;
  #callOff = (): void => {};
  /** The changes of the number of children that were asked for, one after the other. */
  #scaling: Promise<void> = Promise.resolve();

  constructor(server: RunningServer) {
    this.#server = server;
    this.#now = look(server, undefined);
    this.#screen = new Screen({
      key: (key) => this.#key(key),
      resized: () => this.#draw(),
      ended: (end) => this.#end.resolve(end),
    });
  }

  /** Runs. @throws {TineError} if the server ends */
  async run(): Promise<ScreenEnd> {
    try {
      this.#draw();
      this.#callOff = setAlarm(EVERY_MS, () => this.#tick());
      return await this.#end.promise;
    } finally {
      this.#callOff();
      this.#screen.leave();
    }
  }

  /** Draws; what goes wrong is thrown by {@linkcode run}, when the terminal is as it was. */
  #draw(): void {
    try {
      const { columns, rows } = this.#screen.size;
      this.#screen.show(
        renderTop(this.#now, this.#before, { columns, rows, sort: this.#sort, note: this.#note }),
      );
    } catch (error) {
      this.#end.reject(error);
    }
  }

  #tick(): void {
    try {
      const now = look(this.#server, this.#now);
      this.#before = this.#now;
      this.#now = now;
    } catch (error) {
      return this.#end.reject(error);
    }
    this.#draw();
    this.#callOff = setAlarm(EVERY_MS, () => this.#tick());
  }

  #key(key: string): void {
    if (key === "q" || key === CTRL_C) return this.#end.resolve("quit");
    if (key === "s") this.#sort = SORTS[(SORTS.indexOf(this.#sort) + 1) % SORTS.length] as Sort;
    else if (key === "+" || key === "-") this.#scale(key);
    else return;
    this.#draw();
  }

  #scale(sign: "+" | "-"): void {
    this.#note = sign === "+" ? "One child more …" : "One child fewer …";
    this.#scaling = this.#scaling.then(() => this.#scaleByOne(sign)).then(() => this.#draw());
  }

  async #scaleByOne(sign: "+" | "-"): Promise<void> {
    try {
      const { status } = this.#server;
      if (status === undefined) return;
      const { how, scaleError } = await scaleByOne(this.#server, sign, status);
      this.#note = scaleError ?? `The server serves by ${how}`;
    } catch (error) {
      this.#note = (error as Error).message;
    }
  }
}

/** A second of a server as plain text. */
async function once(server: RunningServer): Promise<string> {
  const before = look(server, undefined);
  await server.until(() => Date.now() - before.takenMs >= EVERY_MS, 2 * EVERY_MS);
  const lines = renderTop(look(server, before), before, {
    columns: Infinity,
    rows: Infinity,
    sort: SORTS[0],
  });
  return lines.map(({ text }) => `${text}\n`).join("");
}

/** Shows a server until q is pressed, or once. */
export async function top(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const { given, rest } = takeFlags(args, COMMAND_FLAGS.top);
  const { server } = await findTarget("top", rest, 1, caller);
  if (given.has("once") || !isScreen()) {
    print(await once(server));
    return;
  }
  const end = await new Live(server).run();
  // As the shell counts a program that a signal has ended.
  process.exit(end === "quit" ? 0 : 128 + (signalNumber(end) ?? 0));
}
