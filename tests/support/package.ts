/**
 * Tine as an installed package: what `npm pack` makes, laid into a project as `npm install` lays it.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT, toolEnvironment } from "../../scripts/toolchain.ts";

/** Makes the tarball, once for all tests of a process. */
const tarball = (() => {
  let made: string | undefined;
  return () => {
    if (made !== undefined) return made;
    const folder = mkdtempSync(join(tmpdir(), "package-"));
    process.on("exit", () => rmSync(folder, { recursive: true }));
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    // It is built within the checkout, and other tests may be at it.
    const npm = ["npm", "pack", "--silent", "--pack-destination", folder];
    const said = execFileSync("flock", [join(ROOT, "dist/package.lock"), ...npm], {
      cwd: ROOT,
      env: toolEnvironment(),
      encoding: "utf8",
    });
    made = join(folder, said.trim().split("\n").at(-1) as string);
    return made;
  };
})();

/** Installs the package, and what it depends on, into the project in `folder`. */
export function installPackage(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "tine"), { recursive: true });
  mkdirSync(join(modules, ".bin"), { recursive: true });
  execFileSync("tar", ["-xzf", tarball(), "--strip-components=1", "-C", join(modules, "tine")]);
  symlinkSync("../tine/scripts/launch/tine.js", join(modules, ".bin/tine"));
  execFileSync("cp", ["-r", join(ROOT, "node_modules/smol-toml"), join(modules, "smol-toml")]);
}
