/**
 * Loads a handler's module, by its path or URL.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Handler } from "../context.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG, EX_NOINPUT } from "../exit_codes.ts";
import { toHandler } from "./check.ts";

/** A parser's message may show the code around the error. The first lines say what and where. */
function oneLine(message: string): string {
  return message.split(/\n\s*/).filter((line) => !/^[|~^\s\d]*$/.test(line)).join(" ");
}

/**
 * Loads the handler at `path`.
 *
 * @returns The handler, and the URL by which children load it too.
 * @throws {TineError} status 66 if there is no such file, 78 if the module cannot be loaded or is no handler
 */
export async function loadHandler(path: string): Promise<{ handler: Handler; url: string }> {
  const isUrl = /^(https?|file|data):/.test(path);
  if (!isUrl && !existsSync(path)) {
    throw new TineError(`Cannot load handler ${path}: no such file; give the path of a module`, {
      exitCode: EX_NOINPUT,
    });
  }
  const url = isUrl ? path : pathToFileURL(resolve(path)).href;
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (cause) {
    throw new TineError(`Cannot load handler ${path}: ${oneLine((cause as Error).message)}`, {
      cause,
      exitCode: EX_CONFIG,
    });
  }
  if (module.default === undefined) {
    throw new TineError(
      `Cannot use the handler ${path}: it has no default export; export a function by default, or an object with ` +
        "processRequest and hooks",
      { exitCode: EX_CONFIG },
    );
  }
  return { handler: toHandler(module.default, `the handler ${path}`), url };
}
