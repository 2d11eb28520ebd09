/**
 * Debian's Apache as a model: an instance of its own, with a configuration and a folder of its own.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { signal } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const PROGRAM = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";
const LOADED = ["mpm_prefork", "authz_core", "alias", "cgi", "mime", "dir"];

/** Why there is no Apache to compare with; false if there is one. */
export const noApache: string | false = !existsSync(PROGRAM)
  ? "no apache2"
  : LOADED.some((name) => !existsSync(`${MODULES}/mod_${name}.so`))
  ? "apache2 has not all modules"
  : false;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Runs `body` beside an Apache.
 *
 * @param folder A folder for its files, which has `site`, what it serves at `/`, and `programs`, what it runs at `/cgi/`.
 */
export async function withApache(folder: string, body: (port: number) => Promise<void>): Promise<void> {
  const port = await freePort();
  // Its children are another user.
  for (const path of [folder, join(folder, "site"), join(folder, "programs")]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  const types = join(folder, "mime.types");
  writeFileSync(types, "text/html html\ntext/css css\ntext/plain txt\n");
  const errors = join(folder, "apache.log");
  const lines = [
    `ServerRoot "${folder}"`,
    "ServerName localhost",
    `Listen 127.0.0.1:${port}`,
    `PidFile "${join(folder, "apache.pid")}"`,
    `ErrorLog "${errors}"`,
    `DefaultRuntimeDir "${folder}"`,
    `Mutex file:${folder}`,
    ...(process.getuid?.() === 0 ? ["User nobody", "Group nogroup"] : []),
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    "StartServers 2",
    `TypesConfig "${types}"`,
    `DocumentRoot "${join(folder, "site")}"`,
    "DirectoryIndex index.html",
    "FileETag MTime Size",
    `ScriptAlias "/cgi/" "${join(folder, "programs")}/"`,
    `<Directory "${folder}">`,
    "  Options FollowSymLinks ExecCGI",
    "  Require all granted",
    "</Directory>",
  ];
  const file = join(folder, "apache.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  // In a group of its own: it ends the whole group that it is in.
  const apache = spawn(PROGRAM, ["-f", file, "-D", "FOREGROUND"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  apache.stderr.on("data", (text) => said += text);
  const end = new Promise((resolve) => apache.once("close", resolve));
  const log = () => existsSync(errors) ? readFileSync(errors, "utf8") : "";
  try {
    await until(() => {
      if (apache.exitCode !== null) throw new Error(`apache2 ended with ${apache.exitCode}: ${said}${log()}`);
      return /resuming normal operations/.test(log());
    }, () => `apache2 serves; it said ${log()}`);
    await body(port);
  } finally {
    signal(apache.pid as number, "SIGTERM");
    await within(end, "the end of apache2");
  }
}
