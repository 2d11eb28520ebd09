/**
 * The server that `serve()` has started: its handler is a module, its options are those of the call.
 *
 * @module
 */

import { type LoadedConfig, type NamedModule, originOf } from "../config/config.ts";
import { findHandlerInFile } from "../config/handler_option.ts";
import { ConfigError } from "../errors.ts";
import { loadHandler } from "../handler/load.ts";
import type { Given } from "../process/given.ts";
import { runServer } from "./run_server.ts";

/** Refuses what would take the server out of the hands of the program that started it. */
function checkOptions(loaded: LoadedConfig): void {
  const { background, setsid, serverType } = loaded.config;
  const refuse = (option: string, what: string) => {
    const place = originOf(loaded, option);
    throw new ConfigError(what, { option, ...(place === undefined ? {} : { place }) });
  };
  for (const [option, isSet] of Object.entries({ background, setsid })) {
    if (isSet) {
      refuse(
        option,
        `Cannot set ${option}: a server that serve() starts belongs to the program that called it; call run, or use ` +
          "tine start",
      );
    }
  }
  if (serverType.includes("INET")) {
    refuse(
      "server_type",
      "Cannot set server_type to INET: serve() starts a server that listens; remove it",
    );
  }
}

/** The handler that `serve()` was given: itself, or by an option. */
async function handlerOf({ handler, config }: Given): Promise<NamedModule | undefined> {
  const inCode = handler ?? config.handler;
  if (inCode !== undefined) return { path: inCode, place: { source: "code" } };
  return config.confFile === undefined ? undefined : await findHandlerInFile(config.confFile);
}

/** Runs the server until it is stopped. */
export async function runGiven(given: Given): Promise<never> {
  return await runServer(async () => {
    const { config } = given;
    const named = await handlerOf(given);
    const loaded = named === undefined ? undefined : await loadHandler(named.path, named.place);
    return {
      handler: loaded?.handler ?? {},
      handlerUrl: loaded?.url,
      sources: { argv: [], code: config },
      checkOptions,
    };
  });
}
