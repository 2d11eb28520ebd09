/**
 * The page for a server without a handler: it shows the request (Net::Server::HTTP's `process_http_request`).
 *
 * @module
 */

import type { FetchInfo } from "../context.ts";
import { formatAddress } from "../os/sockaddr.ts";

/** The most of a body that is shown. */
const MOST_SHOWN = 16384;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function table(title: string, rows: Iterable<readonly [string, string]>): string {
  const cells = [...rows].map(([name, value]) =>
    `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>\n`
  );
  return cells.length === 0 ? "" : `<h2>${title}</h2>\n<table>\n${cells.join("")}</table>\n`;
}

/** The beginning of a body, and whether there was more. */
async function beginningOf({ body }: Request): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MOST_SHOWN) return `${text.slice(0, MOST_SHOWN)}…`;
  }
  return text + decoder.decode();
}

/** Answers with a page that shows the request. */
export async function showRequest(
  request: Request,
  { remoteAddr, localAddr, server }: FetchInfo,
): Promise<Response> {
  const url = new URL(request.url);
  const body = await beginningOf(request);
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tine</title>
<style>body{font-family:sans-serif}th{text-align:left;vertical-align:top;padding-right:1em}td{font-family:monospace;white-space:pre-wrap}</style>
</head><body>
<h1>${escape(request.method)} ${escape(url.pathname + url.search)}</h1>
<p>No handler is named. Name a module whose default export has <code>fetch</code>: <code>tine ./app.ts</code></p>
<form method="post" action="/bam"><input name="foo"> <input type="submit"></form>
${
    table("Request", [
      ["URL", request.url],
      ["Client", formatAddress(remoteAddr)],
      ["Server", formatAddress(localAddr)],
      ["Process", `${server.pid} (${server.personality}), child of ${server.parentPid}`],
    ])
  }${table("Headers", request.headers)}${table("Query", url.searchParams)}${
    body === "" ? "" : table("Body", [["", body]])
  }</body></html>
`;
  return new Response(page, { headers: { "content-type": "text/html;charset=UTF-8" } });
}
