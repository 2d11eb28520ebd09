/**
 * The smallest handler: says each line back.
 *
 *     deno run -A cli.ts ./examples/echo.ts --port 127.0.0.1:20203
 *
 * @module
 */

import type { Connection } from "../mod.ts";

export default async function echo(connection: Connection): Promise<void> {
  for await (const line of connection.lines()) await connection.print(`${line}\r\n`);
}
