/**
 * The server as hooks see it in the parent.
 *
 * @module
 */

import process from "node:process";
import type { Config } from "../config/options.ts";
import type { Address } from "../address.ts";
import type { Server } from "../context.ts";
import { closeListeners, type InheritedSocket } from "../listen/listen.ts";
import { TineError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { escapeMessage } from "../log/line_format.ts";

/** The parent's view. Its fields fill in as the server comes up. */
export class ParentServer implements Server {
  readonly role = "parent";
  readonly pid: number = process.pid;
  readonly parentPid: number = process.pid;
  /** Clients accepted, where this process serves them itself. */
  requests = 0;
  personality: string;
  listeners: readonly Address[] = [];
  #config: Config | undefined;
  #logger: Logger | undefined;
  #pids: () => readonly number[] = () => [];
  #close: ((exitCode: number) => Promise<never>) | undefined;
  #sockets: readonly InheritedSocket[] = [];
  #remove = (): void => {};
  #done = false;

  constructor(personality: string) {
    this.personality = personality;
  }

  /** Before the options are read (in the hook `configure`) there is none. */
  get config(): Config {
    if (this.#config === undefined) {
      throw new Error("Cannot read the options yet: the hook configure runs before them");
    }
    return this.#config;
  }

  get children(): readonly number[] {
    return this.#pids();
  }

  /** The options were read. */
  configured(config: Config, logger: Logger): void {
    this.#config = config;
    this.#logger = logger;
  }

  /** These sockets are open; the files of unix sockets among them would stay if the process ended now. */
  holding(sockets: readonly InheritedSocket[]): void {
    this.#sockets = sockets;
  }

  /** `remove` takes away what else would stay, such as the pid file. */
  leaving(remove: () => void): void {
    this.#remove = remove;
  }

  /** Closes what is open, for a start that comes to nothing. */
  release(): void {
    closeListeners(this.#sockets, (level, message) => this.log(level, message));
    this.#sockets = [];
    this.#remove();
  }

  /** The parent's loop is about to begin. */
  supervising(pids: () => readonly number[], close: (exitCode: number) => Promise<never>): void {
    this.#pids = pids;
    this.#close = close;
  }

  log(level: number, message: string): void {
    if (this.#logger !== undefined) this.#logger.log(level, message);
    else if (level <= 1) process.stderr.write(`${escapeMessage(message)}\n`);
  }

  // deno-lint-ignore tine/no-boolean-parameters -- the name is Net::Server's, and the argument its own
  done(value?: boolean): boolean {
    if (value !== undefined) this.#done = value;
    return this.#done;
  }

  tellParent(): Promise<never> {
    return Promise.reject(new TineError("Cannot tell the parent a message: this process is the parent"));
  }

  serverClose(exitCode = 0): Promise<never> {
    if (this.#close !== undefined) return this.#close(exitCode);
    this.release();
    process.exit(exitCode);
  }
}
