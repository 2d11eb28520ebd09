/**
 * This project as any web server would give it out.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;

/** A web server that gives out the checkout. */
export interface Site {
  /** Its address, without a slash at its end. */
  readonly url: string;
  /** The paths that it was asked for. */
  readonly asked: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Gives the checkout out on 127.0.0.1. */
export async function publish(): Promise<Site> {
  const asked = new Set<string>();
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    asked.add(path);
    try {
      const text = readFileSync(join(ROOT, path));
      response.writeHead(200, { "content-type": "application/typescript" }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}
