/**
 * The server that `serve()` has started: its handler is a module, its options are those of the call.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import { ConfigError } from "../errors.ts";
import { loadHandler } from "../handler/load.ts";
import type { Given } from "../process/given.ts";
import { runServer } from "./run_server.ts";

const CODE = { source: "code" } as const;

/** Refuses what would take the server out of the hands of the program that started it. */
function checkOptions({ background, setsid, serverType }: Config): void {
  for (const [option, isSet] of Object.entries({ background, setsid })) {
    if (!isSet) continue;
    throw new ConfigError(
      `Cannot set ${option}: a server that serve() starts belongs to the program that called it; call run, or use tine start`,
      { option, place: CODE },
    );
  }
  if (serverType.includes("INET")) {
    throw new ConfigError(
      "Cannot set server_type to INET: serve() starts a server that listens; remove it",
      { option: "server_type", place: CODE },
    );
  }
}

/** Runs the server until it is stopped. */
export async function runGiven(given: Given): Promise<never> {
  return await runServer(async () => {
    const { handler: path, config } = given;
    const loaded = path === undefined ? undefined : await loadHandler(path, CODE);
    return {
      handler: loaded?.handler ?? {},
      handlerUrl: loaded?.url,
      sources: { argv: [], code: config },
      checkOptions,
    };
  });
}
