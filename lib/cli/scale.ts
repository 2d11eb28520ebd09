/**
 * `tine scale +N|-N`: more children or fewer, until the server is restarted.
 *
 * @module
 */

import { scaleServer } from "../daemon/scale_server.ts";
import { UsageError } from "../errors.ts";
import { type Caller, TINE } from "./caller.ts";
import { findTarget, FOUND_BY } from "./target.ts";
import { report } from "../process/print.ts";

/** How `tine scale` is called, and what it does. */
export const USAGE = `Usage: tine scale +N|-N [HANDLER] [options]

Adds or removes children (SIGTTIN, SIGTTOU), until the next reload.

${FOUND_BY}
`;

/** Why an argument is no change of the number of children. */
function whyNoChange(change: string, name: string): string {
  if (change === "" || change.startsWith("--")) {
    return `Missing the change: write ${name} scale +1 or ${name} scale -1, and options behind it`;
  }
  if (/^\d+$/.test(change)) {
    return `Cannot scale to "${change}": a change has a sign; write ${name} scale +${change} or ${name} scale -${change}`;
  }
  return `Cannot scale by "${change}": it is no change from +1 to +9999 or -1 to -9999; write ${name} scale +1 or ` +
    `${name} scale -1`;
}

/** Changes the number of children, one by one, as signals can. */
export async function scale(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const [change = "", ...rest] = args;
  const { name } = caller;
  const [, sign, number] = /^([+-])0*([1-9]\d{0,3})$/.exec(change) ?? [];
  if (number === undefined) throw new UsageError(whyNoChange(change, name));
  const { server } = await findTarget("scale", rest, 2, caller);
  const { how } = await scaleServer(server, sign === "+" ? Number(number) : -Number(number));
  report(`The server with process id ${server.pid} serves by ${how}\n`);
}
