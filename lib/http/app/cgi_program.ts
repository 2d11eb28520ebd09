/**
 * CGI/1.1 (RFC 3875): a program that runs for each request, as Apache's mod_cgi has it.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import type { Config } from "../../config/options.ts";
import { SpawnError } from "../../errors.ts";
import { limitsOf } from "../../handler/program_rules.ts";
import { ownEnvironment } from "../../handler/ucspi.ts";
import { LEVEL } from "../../log/line_format.ts";
import { keepDescriptors } from "../../os/descriptor.ts";
import { runtime } from "../../runtime/choose.ts";
import type { Exchange } from "../exchange.ts";
import { ServedInfo } from "../info.ts";
import { sendAsIs } from "../raw_answer.ts";
import { plainAnswer } from "./answers.ts";
import type { App, AppRequest } from "./app.ts";
import { cgiVariables, pathInfoOf, withoutRequests } from "./cgi_environment.ts";
import { CgiFault, type CgiHeader, CgiHeaderReader } from "./cgi_header.ts";
import { CgiProcess } from "./cgi_process.ts";
import { queryOf } from "./path.ts";
import { absoluteForm } from "../target.ts";
import { VERSION } from "../../version.ts";

/** The beginning of the names of programs that answer without any help. */
const NPH = "nph-";
/** The type of what does not say. */
const USUAL_TYPE = "text/html";

const encoder = new TextEncoder();

/** Whether an answer has no body (RFC 9110 §6.4.1), which `Response` insists on. */
function isBodiless(status: number, method: string): boolean {
  return method === "HEAD" || status === 204 || status === 205 || status === 304;
}

/** Runs one program. */
class CgiProgram {
  readonly #path: string;
  readonly #config: Config;
  readonly #isNph: boolean;
  readonly #environment: readonly Uint8Array[];
  readonly #software: string;
  readonly #running: Set<CgiProcess>;

  constructor(path: string, config: Config, running: Set<CgiProcess>) {
    this.#running = running;
    this.#path = path;
    this.#config = config;
    this.#isNph = basename(path).startsWith(NPH);
    const own = ownEnvironment(runtime.environment());
    this.#environment = withoutRequests(own).map((variable) => encoder.encode(variable));
    this.#software = config.serverRevision ?? `Tine/${VERSION}`;
    keepDescriptors();
  }

  readonly serve: App = async (asked) => {
    const pathInfo = pathInfoOf(asked.rest);
    if (typeof pathInfo === "number") return plainAnswer(pathInfo);
    const exchange = ServedInfo.exchangeOf(asked.info);
    let program: CgiProcess;
    try {
      program = this.#start(asked, exchange, pathInfo);
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      asked.info.server.log(LEVEL.warning, error.message);
      return plainAnswer(500);
    }
    const { signal } = asked.request;
    // Whoever has only closed its sending half wants its answer; whether it has gone shows when that is sent.
    signal.addEventListener("abort", () => exchange.client.draining && program.stop("server"), {
      once: true,
    });
    const fed = program.feed(asked.request.body);
    // What is wrong with the body is the client's to be told, as long as there is no answer.
    const broken = new Promise<never>((_, reject) => fed.catch(reject));
    broken.catch(() => program.saysMore && program.stop("client"));
    if (this.#isNph) return sendAsIs(streamOf(program, [], broken));
    return await this.#answer(asked, program, broken);
  };

  #start(
    { request, info, location }: AppRequest,
    exchange: Exchange,
    pathInfo: Uint8Array | undefined,
  ): CgiProcess {
    const { head: { target, minor }, client: { connection } } = exchange;
    const variables = cgiVariables({
      method: request.method,
      headers: request.headers,
      scriptName: location.replace(/\/$/, ""),
      pathInfo,
      query: queryOf(request.url),
      uri: absoluteForm(target)?.path ?? target,
      host: new URL(request.url).hostname,
      hasBody: request.method !== "GET" && request.method !== "HEAD",
      protocol: `HTTP/1.${minor}`,
      remote: info.remoteAddr,
      local: info.localAddr,
      peerhost: connection.peerhost,
      path: this.#path,
      software: this.#software,
    });
    return new CgiProcess(
      {
        path: this.#path,
        argv: [this.#path],
        environment: [...this.#environment, ...variables],
        folder: dirname(this.#path),
      },
      {
        limits: limitsOf(this.#config),
        waitFor: connection.waitFor,
        running: this.#running,
        log: (level, message) => info.server.log(level, message),
      },
    );
  }

  async #answer(asked: AppRequest, program: CgiProcess, broken: Promise<never>): Promise<Response> {
    let header: CgiHeader;
    try {
      header = await Promise.race([readHeader(program), broken]);
    } catch (error) {
      if (!(error instanceof CgiFault)) throw error;
      const { method, url } = asked.request;
      asked.info.server.log(LEVEL.warning, `${method} ${url}: ${this.#path}: ${error.message}`);
      drain(program);
      return plainAnswer(program.whyStopped === "time" ? 504 : program.whyStopped === "server" ? 503 : 500);
    }
    const { location, status = location === undefined ? 200 : 302 } = header;
    if (location?.startsWith("/") && (header.status === undefined || header.status === 200)) {
      drain(program);
      return await asked.again(location);
    }
    return this.#response(
      asked,
      header,
      location !== undefined && status === 200 ? 302 : status,
      program,
      broken,
    );
  }

  #response(
    { request, info }: AppRequest,
    header: CgiHeader,
    status: number,
    program: CgiProcess,
    broken: Promise<never>,
  ): Response {
    try {
      const headers = new Headers();
      for (const [name, value] of header.fields) headers.append(name, value);
      if (header.location !== undefined) headers.set("location", header.location);
      const hasNone = isBodiless(status, request.method);
      if (!headers.has("content-type") && (!hasNone || request.method === "HEAD")) {
        headers.set("content-type", this.#config.defaultContentType ?? USUAL_TYPE);
      }
      if (hasNone) drain(program);
      const body = hasNone ? null : streamOf(program, [header.body], broken);
      return new Response(body, { status, statusText: header.phrase, headers });
    } catch (error) {
      drain(program);
      info.server.log(
        LEVEL.warning,
        `${request.method} ${request.url}: ${this.#path}: ${(error as Error).message}`,
      );
      return plainAnswer(500);
    }
  }
}

async function readHeader(program: CgiProcess): Promise<CgiHeader> {
  const reader = new CgiHeaderReader();
  for (;;) {
    const bytes = await program.read();
    if (bytes === null) {
      throw new CgiFault(
        reader.isEmpty ? "it has ended without an answer" : "its output has ended within the header",
      );
    }
    const header = reader.add(bytes);
    if (header !== undefined) return header;
  }
}

/** Lets it come to its end: what it does may matter to somebody, even if what it says does not. */
function drain(program: CgiProcess): void {
  program.drain().catch(() => {});
}

/** What a program says, as it says it. */
function streamOf(
  program: CgiProcess,
  first: readonly Uint8Array<ArrayBuffer>[],
  broken: Promise<never>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const ahead = first.filter((bytes) => bytes.length > 0);
  return new ReadableStream({
    async pull(controller) {
      const bytes = ahead.shift() ?? await Promise.race([program.read(), broken]);
      if (bytes !== null) return controller.enqueue(bytes);
      // The client must not take what has come for the whole.
      if (program.whyStopped !== undefined) {
        throw new TypeError("Cannot send the answer to its end: the program was ended");
      }
      controller.close();
    },
    cancel() {
      program.stop("client");
      drain(program);
    },
  }, { highWaterMark: 0 });
}

/**
 * What runs a program for each request.
 *
 * @param running Gets the programs as long as they run.
 */
export function openCgiProgram(path: string, config: Config, running: Set<CgiProcess>): App {
  return new CgiProgram(path, config, running).serve;
}
