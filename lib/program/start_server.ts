/**
 * Starts a server in a process of its own, and waits until it serves or says why it does not.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { Buffer } from "node:buffer";
import process from "node:process";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { isUrl } from "../config/handler_option.ts";
import type { PartialConfig } from "../config/options.ts";
import { SpawnError, TineError, UsageError } from "../errors.ts";
import { ORIGIN_VARIABLE } from "../handoff.ts";
import { errorOf } from "../process/error_record.ts";
import { type Given, given, GIVEN_VARIABLE } from "../process/given.ts";
import { parseReport, purposeText, type Report, SELF_VARIABLE } from "../process/self_spawn.ts";
import { runtime } from "../runtime/choose.ts";
import type { ServeOptions, ServerHandle } from "./serve.ts";
import { ServerProcess } from "./server_process.ts";
import { serverProgram } from "./server_program.ts";

/** The descriptor behind the standard ones, by which the server reports. */
const REPORT_FD = 3;

/** The most that one variable of the environment may hold on Linux (execve(2), MAX_ARG_STRLEN), with room for its name. */
const MOST_BYTES = 131_000;

/** The URL of the handler's module. */
function handlerUrl(handler: URL | string | undefined): string | undefined {
  if (handler === undefined) return undefined;
  if (handler instanceof URL) return handler.href;
  if (typeof handler === "string") return isUrl(handler) ? handler : pathToFileURL(resolve(handler)).href;
  const what = handler === null ? "null" : `a value of type ${typeof handler}`;
  throw new UsageError(
    `Cannot serve ${what}: each child is a process that loads the handler itself; pass the URL of its module, ` +
      'as in new URL("./handler.ts", import.meta.url), or call run, which takes functions',
  );
}

/** What JSON would leave out without a word. */
function plain(key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "function" && typeof value !== "symbol") return value;
  throw new UsageError(
    `Cannot set "${key}" to a ${typeof value}: options are plain values; see the handler's hooks`,
  );
}

/** What the server finds in its environment. */
function givenText(handler: string | undefined, config: PartialConfig): string {
  const gift: Given = { handler, config, starter: process.pid };
  const text = JSON.stringify(gift, plain);
  if (new TextEncoder().encode(text).length <= MOST_BYTES) return text;
  throw new UsageError(
    `Cannot pass on more than ${MOST_BYTES} bytes of options; put them into a file, and name that as confFile`,
  );
}

/** The report; undefined if the process ended without one. */
function readReport(child: ChildProcess): Promise<Report | undefined> {
  const pipe = child.stdio[REPORT_FD] as Readable;
  const parts: Uint8Array[] = [];
  return new Promise<Report | undefined>((resolve) => {
    // Not at the pipe's end: Deno keeps the other one open in this process for as long as the child lives.
    pipe.on("data", (part: Uint8Array) => {
      parts.push(part);
      const report = parseReport(new TextDecoder().decode(Buffer.concat(parts)));
      if (report !== undefined) resolve(report);
    });
    // What is in the pipe comes before that.
    child.once("close", () => resolve(undefined));
  }).finally(() => pipe.destroy());
}

/** Starts the process. @throws {SpawnError} */
async function spawnServer(handler: string | undefined, config: PartialConfig): Promise<ChildProcess> {
  const { path, words } = serverProgram(handler);
  const child = spawn(path, words, {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
    env: {
      ...runtime.environment(),
      // A child of a server may start one on purpose, in an executable by its own program.
      [ORIGIN_VARIABLE]: undefined,
      [GIVEN_VARIABLE]: givenText(handler, config),
      [SELF_VARIABLE]: purposeText({ role: "served" }, REPORT_FD),
    },
  });
  if (child.pid === undefined) {
    const [error] = await once(child, "error") as [Error];
    throw new SpawnError(`Cannot start ${path}: ${error.message}`, { cause: error });
  }
  return child;
}

/** Starts a server. @throws {TineError} if it does not come up */
export async function startServer(
  handler: URL | string | undefined,
  config: PartialConfig,
  { signal, onListen }: ServeOptions,
): Promise<ServerHandle> {
  signal?.throwIfAborted();
  if (typeof config !== "object" || config === null) {
    throw new UsageError(`Cannot read options from ${String(config)}; pass an object, or nothing`);
  }
  const url = handlerUrl(handler);
  if (url !== undefined && url === given?.handler) {
    throw new UsageError(
      `Cannot serve ${url} from within: this module is the handler, and would start itself without end; call serve in another`,
    );
  }
  const child = await spawnServer(url, config);
  const server = new ServerProcess(child);
  const stop = () => void server.stop();
  signal?.addEventListener("abort", stop, { once: true });
  const forget = () => signal?.removeEventListener("abort", stop);
  server.finished.then(forget);
  const report = await readReport(child);
  if (report !== undefined && "done" in report) {
    server.started(report.addresses ?? [], report.stopTimeout);
    try {
      for (const address of server.addresses) onListen?.(address);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }
  const { code, signal: by } = await server.finished;
  signal?.throwIfAborted();
  const error = report !== undefined && "failed" in report ? report.error : undefined;
  if (error !== undefined) throw errorOf(error);
  throw new TineError(
    `Cannot start the server: it ${
      by === null ? `ended with status ${code}` : `was killed by ${by}`
    } before it listened; ` +
      "see its log",
  );
}
