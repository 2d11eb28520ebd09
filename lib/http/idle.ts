/**
 * A process that serves one client at a time, and whose client says nothing: others must not wait for it.
 *
 * @module
 */

import { pollAway, pollHere, POLLIN } from "../os/wait.ts";
import type { HttpConnection } from "./http_connection.ts";

/** How long a client that waits may be taken by another process before the idle one is given up for it. */
const OTHERS_MS = 100;
/** How long a client that has just come may say nothing where another waits. */
export const FIRST_MS = 1000;
/** After this time it is looked whether the process is to leave. */
const LOOK_MS = 1000;

/**
 * Waits for more from the client; false where it is to be given up: its time is over, or another waits.
 *
 * @param isFirst Whether it has not sent any request.
 */
// deno-lint-ignore tine/no-boolean-parameters -- it is what is known of the client
export async function waitOrGiveWay(client: HttpConnection, isFirst: boolean): Promise<boolean> {
  const { connection: { fd }, service: { listeners } } = client;
  const own = { fd, events: POLLIN };
  const sockets = [own, ...listeners.map((listener) => ({ fd: listener, events: POLLIN }))];
  const since = performance.now();
  for (;;) {
    const now = performance.now();
    // The last look: who comes to close a connection has waited for the event loop too, and a request may have come.
    if (client.isLate || now >= client.deadline) return pollHere(fd, POLLIN, 0);
    const graceMs = isFirst ? FIRST_MS - (now - since) : 0;
    const longest = Math.min(client.deadline - now, LOOK_MS, graceMs > 0 ? graceMs : LOOK_MS);
    const [isThere, ...waits] = await pollAway(graceMs > 0 ? [own] : sockets, longest);
    if (isThere) return true;
    if (!waits.includes(true)) continue;
    const [isThereNow] = await pollAway([own], OTHERS_MS);
    if (isThereNow) return true;
    if (listeners.some((listener) => pollHere(listener, POLLIN, 0))) return pollHere(fd, POLLIN, 0);
  }
}
