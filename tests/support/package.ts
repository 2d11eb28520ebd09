/**
 * Tine as an installed package: what `npm pack` makes, laid into a project as `npm install` lays it.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT, toolEnvironment } from "../../scripts/toolchain.ts";

/** Makes `dist/package.tgz`, unless there is one of the files as they are. */
const PACK = `
deno run -A --no-check scripts/build_package.ts >&2 || exit
for file in dist/js/mod.d.ts package.json scripts/launch/tine.js scripts/launch/launch.sh; do
  [ dist/package.tgz -nt "$file" ] || { name=$(npm pack --silent --pack-destination dist | tail -n 1); break; }
done
[ -z "\${name-}" ] || mv "dist/$name" dist/package.tgz`;

/** Makes the tarball, once for all tests. They may run side by side, and it is built within the checkout. */
const tarball = (() => {
  const path = join(ROOT, "dist/package.tgz");
  let isMade = false;
  return () => {
    if (isMade) return path;
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    const command = [join(ROOT, "dist/package.lock"), "sh", "-c", PACK];
    execFileSync("flock", command, {
      cwd: ROOT,
      env: toolEnvironment(),
      stdio: ["ignore", "ignore", "inherit"],
    });
    isMade = true;
    return path;
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
