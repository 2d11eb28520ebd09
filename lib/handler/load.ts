/**
 * Loads a handler's module, by its path or URL.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Handler, ProcessRequest } from "../context.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG, EX_NOINPUT } from "../exit_codes.ts";
import { HOOK_NAMES } from "../hooks.ts";

const FIELDS = ["processRequest", "hooks", "mux", "logFunction", "options", "defaults"];

/** What is wrong with the value that a module exports by default, or undefined. */
export function handlerFault(value: unknown): string | undefined {
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) {
    return `its default export is ${value === undefined ? "missing" : `a ${typeof value}`}; ` +
      "export a function, or an object with processRequest and hooks";
  }
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) {
    const isHook = (HOOK_NAMES as readonly string[]).includes(unknown);
    return `it has no field "${unknown}"; ${
      isHook ? `write hooks: { ${unknown} }` : `its fields are ${FIELDS.join(", ")}`
    }`;
  }
  const { hooks } = value as Handler;
  for (const name of ["processRequest", "mux", "logFunction"] as const) {
    const field: unknown = (value as Handler)[name];
    if (field !== undefined && typeof field !== "function") {
      return `its ${name} is a ${typeof field}, not a function`;
    }
  }
  for (const [name, hook] of Object.entries(hooks ?? {})) {
    if (!(HOOK_NAMES as readonly string[]).includes(name)) {
      return `there is no hook "${name}"; the hooks are ${HOOK_NAMES.join(", ")}`;
    }
    if (typeof hook !== "function") return `its hook ${name} is a ${typeof hook}, not a function`;
  }
  return undefined;
}

/** A parser's message may show the code around the mistake; the first lines say what and where. */
function oneLine(message: string): string {
  return message.split(/\n\s*/).filter((line) => !/^[|~^\s\d]*$/.test(line)).join(" ");
}

/** The handler of a module's default export. @throws {TineError} status 78 if it is none */
export function toHandler(exported: unknown, name: string): Handler {
  const fault = handlerFault(exported);
  if (fault !== undefined) {
    throw new TineError(`Cannot use handler ${name}: ${fault}`, { exitCode: EX_CONFIG });
  }
  return typeof exported === "function"
    ? { processRequest: exported as ProcessRequest }
    : exported as Handler;
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
  return { handler: toHandler(module.default, path), url };
}
