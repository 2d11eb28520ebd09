import assert from "node:assert/strict";
import { test } from "node:test";
import { childrenOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { Client, exchange } from "../support/server.ts";
import { until } from "../support/until.ts";

const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "2"];

test("tine status shows the server and what each child does", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    await folder.children(2);
    const served = await exchange(folder.port);
    const client = new Client(folder.port);
    const busy = await client.welcome();
    const { status, stdout } = await folder.run(["status", "--pid_file", folder.file("pid")]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      new RegExp(`^PreForkSimple \\(tine .*\\), process id ${folder.pid}, user .*\\n.*up \\d+ s, configured`),
    );
    assert.match(
      stdout,
      new RegExp(`^Listening on 127.0.0.1:${folder.port}, 0 of \\d+ connections wait$`, "m"),
    );
    const rows = new Map(
      [...stdout.matchAll(/^(\d+) +(\w+) +(\d+) +\d.*$/gm)].map((
        m,
      ) => [Number(m[1]), [m[2], Number(m[3])]]),
    );
    assert.deepEqual([...rows.keys()].toSorted(), childrenOf(folder.pid).toSorted());
    const requests = served === busy ? 2 : 1;
    assert.deepEqual(rows.get(busy), ["serving", requests]);
    const idle = [...rows.entries()].find(([pid]) => pid !== busy);
    assert.deepEqual(idle?.[1], ["waiting", 2 - requests]);
    await client.quit();
    await folder.stop();
  });
});

test("tine scale starts and ends children, and waits until the server has heard", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    const pidFile = ["--pid_file", folder.file("pid")];
    assert.deepEqual(await folder.run(["scale", "+2", ...pidFile]), {
      status: 0,
      stdout: `The server with process id ${folder.pid} serves by 4 children\n`,
      stderr: "",
    });
    await folder.children(4);
    const unsigned = await folder.run(["scale", "2", ...pidFile]);
    assert.equal(unsigned.status, 64);
    assert.match(
      unsigned.stderr,
      /: Cannot scale to "2": a change has a sign; write tine scale \+2 or tine scale -2$/m,
    );
    assert.equal((await folder.run(["scale", "-3", ...pidFile])).status, 0);
    await folder.children(1);
    const { pid } = folder;
    for (const nothing of ["+0", "-0", "up", "+10000"]) {
      const { status, stderr } = await folder.run(["scale", nothing, ...pidFile]);
      assert.equal(status, 64, nothing);
      assert.match(
        stderr,
        /: Cannot scale by ".*": it is no change from \+1 to \+9999 or -1 to -9999; write /,
      );
    }
    assert.deepEqual(await folder.run(["scale", "-2", ...pidFile]), {
      status: 69,
      stdout: "",
      stderr:
        `tine: Cannot take a child away: max_servers is 1, the least that it can be; the server with process id ` +
        `${pid} serves by 1 child\n`,
    });
    await exchange(folder.port);
    assert.equal((await folder.run(["scale", "+1", ...pidFile])).status, 0, "a refusal is not for ever");
    // It says how far it came.
    assert.deepEqual(await folder.run(["scale", "-20", ...pidFile]), {
      status: 69,
      stdout: "",
      stderr:
        "tine: Cannot take a child away: max_servers is 1, the least that it can be, after 1 of 20; the server " +
        `with process id ${pid} serves by 1 child\n`,
    });
    assert.equal((await folder.run(["scale", "1", ...pidFile])).status, 64);
    await folder.stop();
  });
});

test("tine quit waits until the last client is served", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    const client = new Client(folder.port);
    const pid = await client.welcome();
    let over = false;
    const quit = folder.run(["quit", "--pid_file", folder.file("pid")]).then((outcome) => {
      over = true;
      return outcome;
    });
    await folder.says(/Attempting a slow shutdown/);
    await client.ask("still here", pid);
    assert.equal(over, false);
    await client.quit();
    assert.equal((await quit).status, 0);
  });
});

test(
  "tine reload says that the new configuration is in force, and with which ports",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const conf = folder.write("tine.conf", "port 127.0.0.1:0\nmax_servers 2\n");
      assert.equal((await folder.start(["--conf_file", conf])).status, 0);
      const { pid } = folder;
      const old = await folder.children(2);
      folder.write("tine.conf", "port 127.0.0.1:0\nmax_servers 3\n");
      const { status, stdout, stderr } = await folder.run([
        "reload",
        "--conf_file",
        conf,
        "--pid_file",
        folder.file("pid"),
      ]);
      assert.equal(status, 0, stderr);
      assert.match(
        stdout,
        new RegExp(`^The server with process id ${pid} has its new configuration, .* listening on`),
      );
      assert.equal(folder.pid, pid);
      await folder.children(3, old);
      await folder.stop();
    });
  },
);

test("the pid file is found by the configuration file that names it", { timeout }, async () => {
  await withFolder(async (folder) => {
    const conf = folder.write(
      "tine.conf",
      `port 127.0.0.1:0\nmax_servers 1\nsetsid 1\npid_file ${folder.file("pid")}\nlog_file ${
        folder.file("log")
      }\n`,
    );
    const { status, stderr } = await folder.run(["--conf_file", conf]);
    folder.remember(folder.pid);
    assert.equal(status, 0, stderr);
    const { pid } = folder;
    for (const verb of ["status", "reload", "stop"]) {
      const outcome = await folder.run([verb, "--conf_file", conf]);
      assert.equal(outcome.status, 0, `${verb}: ${outcome.stderr}`);
      assert.match(outcome.stdout, new RegExp(`process id ${pid}`));
    }
  });
});

test("commands for a running server say in one line what they miss", { timeout }, async () => {
  await withFolder(async (folder) => {
    for (const verb of ["stop", "quit", "reload", "status"]) {
      const without = await folder.run([verb]);
      assert.deepEqual([without.status, without.stdout], [64, ""], verb);
      assert.match(without.stderr, /^tine: Missing pid_file: .*\n$/);
      const nobody = await folder.run([verb, "--pid_file", folder.file("pid")]);
      assert.match(
        nobody.stdout + nobody.stderr,
        /^(?:tine: Cannot find the server|There is nothing to \w+): there is no pid_file ".*"\n$/,
      );
    }
    assert.equal((await folder.run(["scale"])).status, 64);
  });
});

test(
  "tine reload tells why a port that is in use is not taken, and the server goes on",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      assert.equal((await folder.start([...PORT0])).status, 0);
      const taken = folder.port;
      const other = folder.file("other");
      const conf = folder.write("other.conf", "port 127.0.0.1:0\nmax_servers 1\n");
      const files = ["--conf_file", conf, "--pid_file", other, "--log_file", folder.file("log2")];
      assert.equal((await folder.run([...files, "--setsid"])).status, 0);
      const pid = Number(folder.read("other"));
      folder.remember(pid);
      const [child] = await until(
        () => childrenOf(pid).length === 1 && childrenOf(pid),
        10_000,
        "a child",
      ) as number[];
      folder.write("other.conf", `port 127.0.0.1:0\nport 127.0.0.1:${taken}\nmax_servers 1\n`);
      const { status, stderr } = await folder.run(["reload", ...files]);
      assert.equal(status, 78);
      assert.match(
        stderr,
        new RegExp(`Cannot bind 127.0.0.1:${taken} .*; the server goes on with its present conf`),
      );
      assert.deepEqual(childrenOf(pid), [child]);
      assert.match(
        (await folder.run(["status", ...files])).stdout.replaceAll("\n  ", " "),
        /^The last reload was refused: .*Cannot bind/m,
      );
      assert.equal((await folder.run(["stop", ...files])).status, 0);
      await folder.stop();
    });
  },
);

test("tine status counts reloads and those that were refused apart", { timeout }, async () => {
  await withFolder(async (folder) => {
    const conf = folder.write("tine.conf", "port 127.0.0.1:0\nmax_servers 1\n");
    assert.equal((await folder.start(["--conf_file", conf])).status, 0);
    await folder.children(1);
    const pidFile = ["--pid_file", folder.file("pid")];
    const reload = async () => (await folder.run(["reload", ...pidFile])).status;
    const told = async () => (await folder.run(["status", ...pidFile])).stdout;
    assert.match(await told(), /ago, 0 reloads$/m);
    assert.equal(await reload(), 0);
    assert.match(await told(), /ago, 1 reload$/m);
    folder.write("tine.conf", "port 127.0.0.1:0\nmax_servrs 1\n");
    for (let refused = 1; refused <= 2; refused++) {
      assert.equal(await reload(), 78);
      assert.match(await told(), new RegExp(`ago, 1 reload, ${refused} refused$`, "m"));
    }
    assert.match((await told()).replaceAll("\n  ", " "), /^The last reload was refused: .*max_servrs/m);
    folder.write("tine.conf", "port 127.0.0.1:0\nmax_servers 1\n");
    assert.equal(await reload(), 0);
    assert.match(await told(), /ago, 2 reloads, 2 refused$/m);
    assert.doesNotMatch(await told(), /The last reload was refused/);
    await folder.stop();
  });
});
