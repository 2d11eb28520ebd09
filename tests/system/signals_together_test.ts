import assert from "node:assert/strict";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const SIGNALS = ["HUP", "TERM", "INT", "QUIT", "USR1", "TTIN", "TTOU"] as const;
type Name = (typeof SIGNALS)[number];
const ENDING: readonly Name[] = ["TERM", "INT", "QUIT"];

/** Each two signals; those that wait for a process have no order. */
const PAIRS = SIGNALS.flatMap((first, i) => SIGNALS.slice(i).map((second) => [first, second] as const));
const ENDS = PAIRS.filter((pair) => pair.some((name) => ENDING.includes(name)));
const GOES_ON = PAIRS.filter((pair) => !pair.some((name) => ENDING.includes(name)));

const PERSONALITIES: Readonly<Record<string, { readonly handler?: string; readonly scales: boolean }>> = {
  PreForkSimple: { scales: true },
  Single: { scales: false },
  Multiplex: { handler: fixture("mux.ts"), scales: false },
};

/** What is said of a signal that is neither an end nor a restart. */
function effects(name: Name, scales: boolean): RegExp {
  if (!scales) return /Cannot change the number of children/;
  return name === "TTIN"
    ? /Increasing max server count|Cannot change the number of children/
    : /Decreasing max server count|Cannot change the number of children/;
}

/** A server whose log was put aside, so that the next one is there only once it was opened again. */
class Watched {
  readonly #server: TestServer;
  #aside = 0;
  #before = "";

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** All that was said since the log was put aside. */
  get said(): string {
    return this.#server.file(`log.${this.#aside}`).slice(this.#before.length) + this.#server.file("log");
  }

  putAside(): void {
    this.#aside++;
    this.#before = this.#server.file("log");
    renameSync(join(this.#server.folder, "log"), join(this.#server.folder, `log.${this.#aside}`));
  }

  /** Waits until each signal has had its effect. */
  async saw(names: readonly Name[], scales: boolean): Promise<void> {
    for (const name of names) {
      if (name === "USR1") {
        await until(() => existsSync(join(this.#server.folder, "log")), "a new log file");
      } else if (name === "TTIN" || name === "TTOU") {
        const line = effects(name, scales);
        await until(() => line.test(this.said), () => `${line} in\n${this.said}`);
      }
    }
  }
}

/**
 * Sends both, one right behind the other. What restarts or stops the server comes last: between two, this process may
 * have to wait for longer than a server takes for that.
 */
function sendBoth({ pid }: TestServer, names: readonly Name[]): void {
  const rank = (name: Name) => ENDING.includes(name) ? 2 : name === "HUP" ? 1 : 0;
  const [first, second] = names.toSorted((a, b) => rank(a) - rank(b)) as [Name, Name];
  assert.ok(signal(pid, `SIG${first}`));
  assert.ok(signal(pid, `SIG${second}`) || rank(first) === 2);
}

for (const [personality, { scales, ...options }] of Object.entries(PERSONALITIES)) {
  const args = ["--max_servers", "2", "--log_level", "4", "--log_file", "FOLDER/log"];
  const start = { ...options, personality, log: "log" };
  const isUp = (server: TestServer, times = 1) => server.says(/Listening on/, { times });

  const endsWith = async (names: readonly Name[]): Promise<void> => {
    await withServer(args, start, async (server) => {
      await isUp(server);
      const watched = new Watched(server);
      watched.putAside();
      sendBoth(server, names);
      assert.deepEqual(await server.end(), { code: 0, signal: null }, names.join());
      assert.deepEqual(server.remains(), [], names.join());
      await watched.saw(names, scales);
      assert.doesNotMatch(watched.said, /Re-exec/, `${names} restarted the server`);
    });
  };

  test(`${personality}: of two signals together, one to stop ends the server, and the other is not lost`, {
    timeout,
  }, async () => {
    // A few servers at a time.
    const left = [...ENDS];
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let pair = left.shift(); pair !== undefined; pair = left.shift()) await endsWith(pair);
    }));
  });

  test(`${personality}: of two signals together that do not stop the server neither is lost`, {
    timeout,
  }, async () => {
    await withServer(args, start, async (server) => {
      const watched = new Watched(server);
      let ups = 1;
      for (const names of GOES_ON) {
        await isUp(server, 0);
        if (ups === 1) await server.says(/Listening on/);
        watched.putAside();
        sendBoth(server, names);
        if (names.includes("HUP")) {
          await until(
            () => /Listening on/.test(watched.said),
            () => `a restart, ${names}\n${watched.said}`,
          );
          ups++;
        }
        await watched.saw(names, scales);
        // The log is there again for the next two.
        signal(server.pid, "SIGUSR1");
        await until(() => existsSync(join(server.folder, "log")), "a log file");
        assert.equal(server.ended, undefined);
      }
    });
  });
}

for (const other of ["USR1", "TTIN", "TERM", "QUIT"] as const) {
  test(`${other} together with a HUP that is refused is not lost`, { timeout }, async () => {
    const args = ["--conf_file", "FOLDER/t.conf", "--log_level", "4", "--log_file", "FOLDER/log"];
    const files = { "t.conf": "max_servers 1\n" };
    await withServer(args, { files, log: "log" }, async (server) => {
      const [child] = await server.untilReady(1);
      writeFileSync(join(server.folder, "t.conf"), "max_servrs 1\n");
      const watched = new Watched(server);
      watched.putAside();
      sendBoth(server, ["HUP", other]);
      if (other === "TERM" || other === "QUIT") return;
      await until(() => /Cannot restart: .*max_servrs/.test(watched.said), "the refusal");
      await watched.saw([other], true);
      const pid = await exchange(server.port);
      if (other === "USR1") assert.equal(pid, child);
    });
  });
}
