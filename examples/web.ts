/**
 * A small web application: what `deno serve` and Bun run too, without a framework.
 *
 *     tine ./examples/web.ts --port 127.0.0.1:8080
 *
 *     curl http://127.0.0.1:8080/
 *     curl --data-binary @README.md http://127.0.0.1:8080/upload
 *     curl --no-buffer http://127.0.0.1:8080/ticks
 *
 * @module
 */

import type { FetchInfo } from "../mod.ts";

/** How many bytes come, and in how many parts: read as they come, however many there are. */
async function measure(body: ReadableStream<Uint8Array> | null): Promise<{ bytes: number; parts: number }> {
  const sum = { bytes: 0, parts: 0 };
  for await (const part of body ?? []) {
    sum.bytes += part.length;
    sum.parts++;
  }
  return sum;
}

/** Server-sent events, one a second, until the client goes or the server has to stop. */
function ticks(signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let count = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const over = new AbortController();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const tick = () => controller.enqueue(encoder.encode(`data: tick ${++count}\n\n`));
      tick();
      timer = setInterval(tick, 1000);
      const stop = () => {
        clearInterval(timer);
        controller.close();
      };
      signal.addEventListener("abort", stop, { signal: over.signal });
    },
    cancel() {
      clearInterval(timer);
      over.abort();
    },
  });
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

export default {
  async fetch(request: Request, { remoteAddr, server }: FetchInfo): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response(`Hello ${remoteAddr.hostname}, from process ${server.pid}\n`);
    if (pathname === "/ticks") return ticks(request.signal);
    if (pathname !== "/upload") return new Response("There is no such page\n", { status: 404 });
    if (request.method !== "POST") {
      return new Response("POST it\n", { status: 405, headers: { allow: "POST" } });
    }
    return Response.json(await measure(request.body));
  },
};
