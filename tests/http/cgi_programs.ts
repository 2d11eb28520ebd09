/**
 * CGI programs for tests, each a shell script.
 *
 * @module
 */

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Their texts, without the first line. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "hello.cgi": `printf 'Content-Type: text/plain\\n\\nhello\\n'`,
  "crlf.cgi": `printf 'Content-Type: text/plain\\r\\nX-A: b\\r\\n\\r\\nhello\\r\\n'`,
  "env.cgi":
    `printf 'Content-Type: text/plain\\n\\n'; env -0 | tr '\\n\\0' ' \\n' | LC_ALL=C sort; echo "cwd=$(pwd)"; echo "args=$#"`,
  "echo.cgi": `printf 'Content-Type: application/octet-stream\\n\\n'; cat`,
  "status.cgi": `printf 'Status: 404 Nicht da\\nContent-Type: text/plain\\n\\ngone\\n'`,
  "teapot.cgi": `printf 'Status: 418\\n\\n'`,
  "nocontent.cgi": `printf 'Status: 204 No Content\\n\\nignored'`,
  "moved.cgi": `printf 'Location: http://example.org/x\\n\\n'`,
  "relative.cgi": `printf 'Location: other.html\\n\\n'`,
  "seeother.cgi": `printf 'Status: 303\\nLocation: /elsewhere\\n\\n'`,
  "local.cgi": `cat >/dev/null; printf 'Location: /cgi/env.cgi/info?x=y\\n\\n'`,
  "loop.cgi": `printf 'Location: /cgi/loop.cgi\\n\\n'`,
  "cookies.cgi": `printf 'Set-Cookie: a=1\\nSet-Cookie: b=2\\nContent-Type: text/plain\\n\\n'`,
  "notype.cgi": `printf '\\n<p>hello'`,
  "silent.cgi": `true`,
  "fails.cgi": `echo 'it went wrong' >&2; exit 3`,
  "malformed.cgi": `printf 'this is no header\\n\\nhello'`,
  "cut.cgi": `printf 'Content-Type: text/plain\\n'`,
  "badstatus.cgi": `printf 'Status: abc\\n\\n'`,
  "badname.cgi": `printf 'Content-Type: text/plain\\nX Y: z\\n\\n'`,
  "exits.cgi": `printf 'Content-Type: text/plain\\n\\nhello\\n'; exit 7`,
  "length.cgi": `printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello'`,
  "large.cgi": `printf 'Content-Type: text/plain\\n\\n'; head -c 3000000 /dev/zero | tr '\\0' 'x'`,
  "stderr.cgi": `echo 'a line for the log' >&2; printf 'Content-Type: text/plain\\n\\nhello\\n'`,
  "nph-raw.cgi": `printf 'HTTP/1.1 299 Own\\r\\nX-Own: yes\\r\\nContent-Length: 5\\r\\n\\r\\nhello'`,
  // The second part comes once there is the file that the query names.
  "waits.cgi":
    `printf 'Content-Type: text/plain\\n\\nfirst\\n'; while [ ! -e "$QUERY_STRING" ]; do sleep 0.05; done; echo second`,
  "nph-waits.cgi":
    `printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfirst\\n'; while [ ! -e "$QUERY_STRING" ]; do sleep 0.05; done; echo second`,
  // Both it and what it starts write their numbers, and stay for long.
  "stays.cgi":
    `sleep 1000 & echo "$$ $!" > "$QUERY_STRING"; printf 'Content-Type: text/plain\\n\\nfirst\\n'; wait`,
  "mute.cgi": `echo "$$ $$" > "$QUERY_STRING"; sleep 1000`,
  "stubborn.cgi": `trap '' TERM; echo "$$ $$" > "$QUERY_STRING"; while :; do sleep 0.1; done`,
};

/** Writes all of them into a folder. */
export function writePrograms(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(PROGRAMS)) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }
}
