/**
 * A folder outside of the checkout, with a program in it, and the tools as its author would run them there.
 *
 * @module
 */

import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { toolEnvironment } from "../../scripts/toolchain.ts";

/** The checkout's folder, without a slash at its end. */
export const ROOT: string = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What a command came to. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The folder. */
export class Outside {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "outside-")));

  /** Writes a file, `FOLDER` in its text replaced. Returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("FOLDER", this.folder));
    return path;
  }

  /** Puts packages that the checkout has installed into this folder's `node_modules`. */
  borrow(...packages: readonly string[]): void {
    for (const name of packages) {
      const link = join(this.folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      if (!existsSync(link)) symlinkSync(join(ROOT, "node_modules", name), link);
    }
  }

  /** Runs a command in the folder. A variable that is undefined is taken out of the environment. */
  async run(
    command: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Outcome> {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...toolEnvironment(), DENO_NO_PACKAGE_JSON: undefined, ...env },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (bytes) => stdout += bytes);
    child.stderr.on("data", (bytes) => stderr += bytes);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return { status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs `body` with such a folder, which is removed afterwards. */
export async function withOutside(body: (outside: Outside) => Promise<void>): Promise<void> {
  const outside = new Outside();
  try {
    await body(outside);
  } finally {
    outside.remove();
  }
}

/** Whether this test runs on Bun. */
export const onBun = process.versions["bun"] !== undefined;
