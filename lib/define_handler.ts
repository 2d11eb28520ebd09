/**
 * A handler's module whose own options have their types.
 *
 * @module
 */

import type { OwnOptions } from "./config/options.ts";
import type { Handler } from "./context.ts";

/**
 * Returns the handler as it is. TypeScript then knows the types of `server.config.own` from what `options` declares, which
 * has to stand before the functions.
 *
 * @example A handler with an option of its own
 * ```ts
 * import { defineHandler } from "tine";
 *
 * export default defineHandler({
 *   options: { suffix: { kind: "string", default: "!", help: "What is put behind each line." } },
 *   async processRequest(connection, server) {
 *     const suffix: string = server.config.own.suffix;
 *     for await (const line of connection.lines()) await connection.print(line + suffix + "\\r\\n");
 *   },
 * });
 * ```
 */
export function defineHandler<const Own extends OwnOptions = OwnOptions>(
  handler: Handler<Own>,
): Handler<Own> {
  return handler;
}
