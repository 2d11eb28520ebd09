/**
 * `tine convert OLD > NEW`: a key-value file as TOML, or a TOML file as key-value.
 *
 * @module
 */

import process from "node:process";
import { readConfigText } from "../config/config_text.ts";
import { convert } from "../config/convert.ts";
import { UsageError } from "../errors.ts";

/** Converts the file that is the only argument, to standard output. */
export async function convertFile(args: readonly string[]): Promise<void> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UsageError("Missing the one file to convert; write tine convert OLD > NEW");
  }
  process.stdout.write(await convert(readConfigText(file), file));
}
