/**
 * The handler that runs a program for each client, with the socket as its standard input and output (`exec`): what
 * inetd and `tcpserver` do. No byte passes through the child.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Config } from "../config/options.ts";
import type { StreamConnection } from "../connection/stream.ts";
import type { Handler } from "../context.ts";
import { SpawnError } from "../errors.ts";
import type { Hooks } from "../hooks.ts";
import type { Logger } from "../log/logger.ts";
import { closeFd, keepDescriptors, setBlocking, Waker } from "../os/descriptor.ts";
import { openProcess } from "../os/process.ts";
import { lowerFileLimit } from "../os/limits.ts";
import { ProgramStarter } from "../os/program_starter.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { peerProcess } from "../os/peer_process.ts";
import { setReceiveTimeout } from "../os/socket.ts";
import { AdaptiveSpin, IDLE_WAIT_MS } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { howEnded, lastGraceMs, limitsOf, type ProgramLimits } from "./program_rules.ts";
import { RunningProgram } from "./running_program.ts";
import { clientVariables, MOST_VARIABLES, ownEnvironment } from "./ucspi.ts";

const STDERR = 2;

/** `handler` with the program of `config.exec` in place of its `processRequest`. Its hooks are called as ever. */
export function withProgram(handler: Handler, config: Config, logger: Logger): Handler {
  const runner = new ProgramRunner(config, logger);
  const { hooks } = handler;
  const own: Hooks = {
    async childFinish(server, kind) {
      await runner.stop();
      await hooks?.childFinish?.(server, kind);
    },
  };
  return {
    ...handler,
    // What a child serves is what its server has made of a client.
    processRequest: (connection) => runner.serve(connection as StreamConnection),
    hooks: Object.assign(Object.create(hooks ?? null) as Hooks, own),
  };
}

/** Runs one program after the other, each for a client. */
class ProgramRunner {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #starter: ProgramStarter;
  readonly #limits: ProgramLimits;
  readonly #waker = new Waker();
  readonly #spin = new AdaptiveSpin(IDLE_WAIT_MS);
  #running: { readonly program: RunningProgram; readonly served: Promise<void> } | undefined;

  constructor(config: Config, logger: Logger) {
    const [path = ""] = config.exec;
    this.#config = config;
    this.#logger = logger;
    this.#starter = new ProgramStarter(
      { path, argv: config.exec, environment: ownEnvironment(runtime.environment()) },
      { most: MOST_VARIABLES },
    );
    this.#limits = limitsOf(config);
    keepDescriptors();
    lowerFileLimit();
    // Where the system has no descriptors of processes, the signal tells that one has ended.
    const ownFd = openProcess(runtime.pid);
    if (ownFd === undefined) runtime.onSignal("CHLD", () => this.#waker.wake());
    else closeFd(ownFd);
  }

  /** Runs the program for a client, until it ends. */
  async serve(connection: StreamConnection): Promise<void> {
    const program = this.#start(connection);
    if (program === undefined) return;
    const served = this.#follow(program);
    this.#running = { program, served };
    await served;
    this.#running = undefined;
  }

  #start(connection: StreamConnection): RunningProgram | undefined {
    const { fd, remoteAddr: remote, localAddr: local, peerhost: hostname } = connection;
    const logger = this.#logger;
    const remoteProcess = local.transport === "unix" ? peerProcess(fd) : undefined;
    letCallsWait(connection);
    // This process's own is a pipe to the parent, which writes each line to the log.
    const stderr = this.#config.execStderr === "client" ? fd : STDERR;
    let pid: number;
    try {
      pid = this.#starter.start(fd, stderr, clientVariables({ remote, local, remoteProcess, hostname }));
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      logger.log(LEVEL.warning, error.message);
      return undefined;
    }
    if (logger.writes(LEVEL.info)) {
      logger.log(LEVEL.info, `EXEC pid(${pid}) ${this.#config.exec[0]} starts for ${formatAddress(remote)}`);
    }
    // The client sees the end as soon as the program, and every process that has the socket from it, closes it.
    connection.close();
    return new RunningProgram(pid, {
      limits: this.#limits,
      waker: this.#waker,
      spin: this.#spin,
      log: (level, message) => logger.log(level, message),
    });
  }

  async #follow(program: RunningProgram): Promise<void> {
    const ending = await program.ended();
    const level = ending.code === 0 || program.told ? LEVEL.info : LEVEL.notice;
    const logger = this.#logger;
    if (!logger.writes(level)) return;
    const seconds = (program.elapsedMs / 1000).toFixed(3);
    logger.log(level, `EXEC pid(${program.pid}) ${howEnded(ending)} after ${seconds} s`);
  }

  /** Ends the program that runs, if one does, and waits for its end. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { program, served } = this.#running;
    program.stop(lastGraceMs(this.#config));
    await served;
  }
}

/** Whether calls wait is one property for all who share the socket, and a program expects that they do. */
function letCallsWait({ fd, waitsInReceive }: StreamConnection): void {
  if (waitsInReceive) setReceiveTimeout(fd, 0);
  else setBlocking(fd);
}
