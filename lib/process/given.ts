/**
 * What `serve()` gives the server that it starts. It stands in the environment, which a reload passes on.
 *
 * @module
 */

import type { PartialConfig } from "../config/options.ts";
import { runtime } from "../runtime/choose.ts";

/** The environment variable with a {@linkcode Given}. */
export const GIVEN_VARIABLE = "TINE_GIVEN";

/** What a server is started with by another program. */
export interface Given {
  /** The URL of the handler's module; absent for Net::Server's echo, or a program for each client. */
  readonly handler?: string | undefined;
  readonly config: PartialConfig;
  /** The process that started it, and whose end ends it. */
  readonly starter: number;
}

// Taken at the start, so that a server which a handler starts does not mistake itself for this one.
const text = runtime.takeVariable(GIVEN_VARIABLE);

/** What this process was given; undefined in one that `serve()` did not start. */
export const given: Given | undefined = text === undefined ? undefined : JSON.parse(text) as Given;

/** The variables by which this program, started again in its own place, finds the same. */
export const givenVariables: Readonly<Record<string, string>> = text === undefined
  ? {}
  : { [GIVEN_VARIABLE]: text };
