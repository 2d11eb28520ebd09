import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../lib/config/config.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;
const skip = spawnSync("systemd-analyze", ["--version"]).status === 0 ? false : "no systemd-analyze";

test("examples/tine.service is a unit that systemd understands", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "unit-test-"));
  try {
    const unit = join(folder, "tine.service");
    const text = readFileSync(join(EXAMPLES, "tine.service"), "utf8");
    // Verified without the program being installed.
    writeFileSync(unit, text.replaceAll("/usr/local/bin/tine", "/bin/true"));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /tine\.service/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("examples/daemon.toml is a configuration without a mistake, and the unit's pid file is its own", async () => {
  const { config, notes } = await loadConfig({ argv: ["--conf_file", join(EXAMPLES, "daemon.toml")] });
  assert.deepEqual(notes, []);
  assert.equal(config.setsid, true);
  const unit = readFileSync(join(EXAMPLES, "tine.service"), "utf8");
  assert.equal(/^PIDFile=(.*)$/m.exec(unit)?.[1], config.pidFile);
});
