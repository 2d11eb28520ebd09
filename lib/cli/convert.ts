/**
 * `tine convert OLD [HANDLER] > NEW`: a key-value file as TOML, or a TOML file as key-value.
 *
 * @module
 */

import { formatOf, readConfigText } from "../config/config_text.ts";
import { convert } from "../config/convert.ts";
import { UsageError } from "../errors.ts";
import { loadHandler } from "../handler/load.ts";
import { schemaLine, schemaPlace } from "./schema.ts";
import { print } from "../process/print.ts";

/** How `tine convert` is called, and what it does. */
export const USAGE = `Usage: tine convert OLD [HANDLER] > NEW

Converts a configuration file of Net::Server's format to TOML, or a TOML file to that format. Comments stay.
`;

/** Converts the file that is the first argument, to standard output; a handler tells its own options. */
export async function convertFile(args: readonly string[]): Promise<void> {
  const [file, handler, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UsageError("Missing the one file to convert; write tine convert OLD [HANDLER] > NEW");
  }
  const own = handler === undefined ? {} : (await loadHandler(handler)).handler.options;
  const text = readConfigText(file);
  const converted = await convert(text, file, own);
  const schema = formatOf(file, text) === "legacy" ? schemaPlace() : undefined;
  print(schema === undefined ? converted : `${schemaLine(schema)}\n${converted}`);
}
