/**
 * A cache that speaks the heart of memcached's protocol: `set`, `get`, `delete` and `quit`.
 *
 *     deno run -A cli.ts ./examples/cache.ts --port 127.0.0.1:11211
 *     printf 'set greeting 0 0 5\r\nhello\r\nget greeting\r\nquit\r\n' | nc 127.0.0.1 11211
 *
 * Children share no memory: what one was told, the next one does not know. So there is a single child here, which serves
 * many clients at a time (`max_clients`) and is not replaced. What it keeps is lost with it, as a cache may.
 *
 * @module
 */

import type { Connection, Handler } from "../mod.ts";

interface Item {
  readonly flags: string;
  readonly data: Uint8Array;
}

/** By key; the one that was used last stands last. */
const items = new Map<string, Item>();
let bytesKept = 0;

const MOST_BYTES = 64 << 20;
const LARGEST_ITEM = 1 << 20;
const LONGEST_LINE = 2048;

function remove(key: string): boolean {
  bytesKept -= items.get(key)?.data.length ?? 0;
  return items.delete(key);
}

function keep(key: string, item: Item): void {
  remove(key);
  items.set(key, item);
  bytesKept += item.data.length;
  for (const [oldest] of items) {
    if (bytesKept <= MOST_BYTES) return;
    remove(oldest);
  }
}

/** `set KEY FLAGS EXPTIME BYTES`, and behind the line so many bytes and a line end. Nothing expires here. */
async function set(connection: Connection, [key, flags, , count]: readonly string[]): Promise<string> {
  if (key === undefined || flags === undefined || count === undefined || !/^\d{1,9}$/.test(count)) {
    return "CLIENT_ERROR bad command line format";
  }
  const length = Number(count);
  if (length > LARGEST_ITEM) {
    await skip(connection, length + 2);
    return "SERVER_ERROR object too large for cache";
  }
  const data = await connection.readExactly(length);
  // The client may end here, in the middle of its command: then nobody hears the answer.
  const end = await connection.readLine({ maxLength: LONGEST_LINE });
  if (data === null || end !== "") return "CLIENT_ERROR bad data chunk";
  keep(key, { flags, data });
  return "STORED";
}

/** Reads so many bytes for nothing. */
async function skip(connection: Connection, length: number): Promise<void> {
  const bytes = new Uint8Array(16384);
  for (let left = length; left > 0;) {
    const n = await connection.read(bytes.subarray(0, Math.min(left, bytes.length)));
    if (n === null) return;
    left -= n;
  }
}

async function get(connection: Connection, keys: readonly string[]): Promise<string> {
  for (const key of keys) {
    const item = items.get(key);
    if (item === undefined) continue;
    keep(key, item);
    await connection.print(`VALUE ${key} ${item.flags} ${item.data.length}\r\n`);
    await connection.write(item.data);
    await connection.print("\r\n");
  }
  return "END";
}

const handler: Handler = {
  defaults: { maxServers: 1, maxClients: 1000, maxRequests: 1_000_000_000 },
  async processRequest(connection) {
    for await (const line of connection.lines({ maxLength: LONGEST_LINE })) {
      const [command, ...words] = line.trim().split(/ +/);
      if (command === "quit") return;
      const answer = command === "set"
        ? await set(connection, words)
        : command === "get"
        ? await get(connection, words)
        : command === "delete"
        ? remove(words[0] ?? "") ? "DELETED" : "NOT_FOUND"
        : "ERROR";
      if (words.at(-1) !== "noreply") await connection.print(`${answer}\r\n`);
    }
  },
};

export default handler;
