/**
 * Requests by their paths: the option `app` (Net::Server::HTTP's `http_dispatch`).
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { type AppEntry, kindOfApp, parseApp, partsOf } from "../../config/apps.ts";
import type { Config } from "../../config/options.ts";
import type { FetchInfo, Handler } from "../../context.ts";
import { ConnectionError } from "../../errors.ts";
import { asHandler } from "../../handler/as_handler.ts";
import { lastGraceMs } from "../../handler/program_rules.ts";
import { HttpFault } from "../fault.ts";
import type { Fetch } from "../service.ts";
import { plainAnswer } from "./answers.ts";
import type { App } from "./app.ts";
import type { CgiProcess } from "./cgi_process.ts";
import { behind, segmentsOf } from "./path.ts";

/** The most local redirects of one request (as Apache has it). */
const MOST_REDIRECTS = 10;
/** What says something of a body. */
const BODY_FIELDS = ["content-length", "content-type", "content-encoding", "transfer-encoding", "expect"];

/** What serves requests by their paths. */
export interface Dispatching {
  readonly fetch: Fetch;
  /** Ends the programs that run. */
  readonly stop: () => Promise<void>;
}

/** A location and what serves it. */
interface Route {
  readonly location: string;
  /** Those of the location. */
  readonly parts: readonly string[];
  readonly app: App;
}

/** A module as an app: it gets the request as it is. */
async function openModule(target: string): Promise<App> {
  const url = target.startsWith("/") ? pathToFileURL(target).href : target;
  const handler: Handler = asHandler((await import(url)).default);
  return async ({ request, info }) => {
    try {
      return await handler.fetch!(request, info);
    } catch (error) {
      // What is wrong with the client is not the module's.
      if (error instanceof HttpFault || error instanceof ConnectionError) throw error;
      const answer = await handler.error?.(error);
      if (answer === undefined) throw error;
      return answer;
    }
  };
}

async function openApp({ target }: AppEntry, config: Config, running: Set<CgiProcess>): Promise<App> {
  switch (kindOfApp(target)) {
    case "folder":
      return (await import("./static_folder.ts")).openStaticFolder(target, config);
    case "module":
      return await openModule(target);
    case "program":
      return (await import("./cgi_program.ts")).openCgiProgram(target, config, running);
  }
}

/**
 * Loads all that `app` names, and gives what serves requests by it.
 *
 * @param handler The server's handler, which serves what no location matches if it has `fetch`.
 */
export async function openDispatch(config: Config, handler: Handler): Promise<Dispatching> {
  const entries = config.app.map(parseApp);
  const routes: Route[] = [];
  const running = new Set<CgiProcess>();
  for (const entry of entries) {
    const { location } = entry;
    routes.push({ location, parts: partsOf(location), app: await openApp(entry, config, running) });
  }
  const [first] = routes;
  if (handler.fetch === undefined && first !== undefined) {
    routes.push({ location: "/", parts: [], app: first.app });
  }
  const graceMs = lastGraceMs(config);
  return {
    fetch: (request, info) => new Dispatch(routes, handler, info).serve(request),
    stop: async () => {
      await Promise.all([...running].map((program) => program.end(graceMs)));
    },
  };
}

/** One request on its way to what serves it. */
class Dispatch {
  readonly #routes: readonly Route[];
  readonly #handler: Handler;
  readonly #info: FetchInfo;
  #redirects = 0;

  constructor(routes: readonly Route[], handler: Handler, info: FetchInfo) {
    this.#routes = routes;
    this.#handler = handler;
    this.#info = info;
  }

  serve(request: Request): Response | Promise<Response> {
    const segments = segmentsOf(request.url);
    for (const { location, parts, app } of this.#routes) {
      const rest = behind(parts, segments);
      if (rest === undefined) continue;
      return app({ request, info: this.#info, location, rest, again: (path) => this.#again(request, path) });
    }
    return this.#handler.fetch?.(request, this.#info) ?? plainAnswer(404);
  }

  /** It is a GET then, whatever it was, and the body has been the program's that redirects. */
  #again({ url, headers, signal }: Request, path: string): Response | Promise<Response> {
    if (++this.#redirects > MOST_REDIRECTS) {
      throw new TypeError(`Cannot redirect to ${path}: there were ${MOST_REDIRECTS} redirects before`);
    }
    const fields = new Headers(headers);
    for (const name of BODY_FIELDS) fields.delete(name);
    // What begins with two slashes would be another host.
    const target = new URL(new URL(url).origin + path).href;
    return this.serve(new Request(target, { headers: fields, signal }));
  }
}
