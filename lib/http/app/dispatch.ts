/**
 * Requests by their paths: the option `app` (Net::Server::HTTP's `http_dispatch`).
 *
 * @module
 */

import { type AppEntry, kindOfApp, parseApp } from "../../config/apps.ts";
import type { Config } from "../../config/options.ts";
import type { FetchInfo, Handler } from "../../context.ts";
import { ConnectionError, UsageError } from "../../errors.ts";
import { asHandler } from "../../handler/as_handler.ts";
import { HttpFault } from "../fault.ts";
import type { Fetch } from "../service.ts";
import { plainAnswer } from "./answers.ts";
import type { App } from "./app.ts";
import { behind, segmentsOf } from "./path.ts";

/** A location and what serves it. */
interface Route {
  readonly location: string;
  readonly app: App;
}

/** A module as an app: it gets the request as it is. */
async function openModule(target: string): Promise<App> {
  const handler: Handler = asHandler(
    (await import(target.startsWith("/") ? `file://${encodeURI(target)}` : target)).default,
  );
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

async function openApp({ target }: AppEntry, config: Config): Promise<App> {
  switch (kindOfApp(target)) {
    case "folder":
      return (await import("./static_folder.ts")).openStaticFolder(target, config);
    case "module":
      return await openModule(target);
    case "program":
      throw new UsageError(`Cannot serve ${target}: programs are not served yet`);
  }
}

/**
 * Loads all that `app` names, and gives what serves requests by it.
 *
 * @param handler The server's handler, which serves what no location matches if it has `fetch`.
 */
export async function openDispatch(config: Config, handler: Handler): Promise<Fetch> {
  const entries = config.app.map(parseApp);
  const routes: Route[] = [];
  for (const entry of entries) routes.push({ location: entry.location, app: await openApp(entry, config) });
  const [first] = routes;
  if (handler.fetch === undefined && first !== undefined) routes.push({ location: "/", app: first.app });
  return (request: Request, info: FetchInfo) => {
    const segments = segmentsOf(request.url);
    for (const { location, app } of routes) {
      const rest = behind(location, segments);
      if (rest !== undefined) return app({ request, info, location, rest });
    }
    return handler.fetch?.(request, info) ?? plainAnswer(404);
  };
}
