/**
 * Loads a handler's module, by its path or URL.
 *
 * @module
 */

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { isUrl } from "../config/handler_option.ts";
import type { Handler } from "../context.ts";
import { located, type Place, TineError } from "../errors.ts";
import { EX_CONFIG, EX_NOINPUT } from "../exit_codes.ts";
import { toHandler } from "./check.ts";

/** A parser's message may show the code around the error, in colours. The first lines say what and where. */
function oneLine(message: string): string {
  return stripVTControlCharacters(message).split(/\n\s*/).filter((line) => !/^[|~^\s\d]*$/.test(line)).join(
    " ",
  );
}

/** What Bun tells of one error in a module's text, beside the message. */
interface BuildMessage {
  readonly message: string;
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** Where in a file of the program something was thrown, as `FILE:3:9`; empty if the stack does not tell. */
function placeOf(stack: string | undefined): string {
  const [, place] = /(?:file:\/\/)?(\/[^\s()]*:\d+:\d+)/.exec(stack ?? "") ?? [];
  return place === undefined ? "" : ` (${place})`;
}

/** Why a module could not be loaded, whatever it has thrown. */
function whyNot(thrown: unknown): string {
  // Bun gathers what is wrong in the text of a module, or in those that it imports.
  const told = thrown as Partial<BuildMessage> & { errors?: readonly BuildMessage[] } | null | undefined;
  // It throws a lone one as it is.
  const first = told?.errors?.[0] ?? (told?.position ? told as BuildMessage : undefined);
  if (first !== undefined) {
    const { message, position } = first;
    return oneLine(position ? `${message} (${position.file}:${position.line}:${position.column})` : message);
  }
  if (!(thrown instanceof Error)) return `it threw ${String(thrown)}, which is no Error`;
  const text = oneLine(thrown.message);
  return /:\d+:\d+/.test(text) ? text : `${text}${placeOf(thrown.stack)}`;
}

/**
 * Loads the handler at `path`.
 *
 * @param place Where it was named, for messages.
 * @returns The handler, and the URL by which children load it too.
 * @throws {TineError} status 66 if there is no such file, 78 if the module cannot be loaded or is no handler
 */
export async function loadHandler(path: string, place?: Place): Promise<{ handler: Handler; url: string }> {
  const fail = (why: string, exitCode: number, cause?: unknown) =>
    new TineError(located(place, `Cannot load handler ${path}: ${why}`), { exitCode, cause });
  const file = isUrl(path) ? path.startsWith("file:") ? fileURLToPath(path) : undefined : path;
  if (file !== undefined && !existsSync(file)) {
    throw fail("no such file; give the path of a module", EX_NOINPUT);
  }
  if (file !== undefined && statSync(file).isDirectory()) {
    throw fail("it is a folder; give the path of a module", EX_NOINPUT);
  }
  const url = isUrl(path) ? path : pathToFileURL(resolve(path)).href;
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (cause) {
    throw fail(whyNot(cause), EX_CONFIG, cause);
  }
  if (module.default === undefined) {
    throw fail(
      "it has no default export; export a function by default, or an object with processRequest or fetch, and hooks",
      EX_CONFIG,
    );
  }
  return { handler: toHandler(module.default, located(place, `the handler ${path}`)), url };
}
