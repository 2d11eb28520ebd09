import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { SignalListeners } from "../../lib/runtime/signal_listeners.ts";
import { until } from "../support/until.ts";

/** A process in which signals are heard by call. */
function fakeProcess() {
  const listeners = new Map<string, () => void>();
  const killed: string[] = [];
  return {
    killed,
    heard: () => [...listeners.keys()].toSorted(),
    send: (name: string) => listeners.get(name)?.(),
    on: (name: string, listener: () => void) => listeners.set(name, listener),
    off: (name: string) => listeners.delete(name),
    kill: (pid: number, name: string) => killed.push(`${pid} ${name}`),
    pid: 7,
  };
}

for (const name of ["Bun", "Deno"] as const) {
  const start = () => {
    const fake = fakeProcess();
    const deno = { ...fake, addSignalListener: fake.on, removeSignalListener: fake.off };
    const globals = name === "Bun" ? { Bun: {}, process: fake } : {
      Deno: deno,
      // Deno has it too, and loads a module when it is looked at, which would cost each child 13 ms.
      get process(): never {
        throw new Error("node:process was loaded");
      },
    };
    return {
      fake,
      signals: new SignalListeners(globals as unknown as ConstructorParameters<typeof SignalListeners>[0]),
    };
  };

  test(`on ${name} signals that nobody listens to yet are kept, and told in full`, () => {
    const { fake, signals } = start();
    signals.keep(["TERM", "HUP"]);
    assert.deepEqual(fake.heard(), ["SIGHUP", "SIGTERM"]);
    fake.send("SIGTERM");
    fake.send("SIGTERM");
    let came = 0;
    const forget = signals.on("TERM", () => came++);
    assert.equal(came, 2);
    fake.send("SIGTERM");
    assert.equal(came, 3);
    forget();
    fake.send("SIGTERM");
    signals.came("TERM");
    assert.equal(came, 3, "kept for the next");
    signals.on("TERM", () => came++);
    assert.equal(came, 5);
  });

  test(`on ${name} a signal is let go with those that were kept, unless somebody listens`, () => {
    const { fake, signals } = start();
    signals.keep(["TERM", "HUP", "INT"]);
    signals.on("HUP", () => {});
    fake.send("SIGINT");
    signals.letGo();
    assert.deepEqual(fake.heard(), ["SIGHUP"]);
    assert.deepEqual(fake.killed, ["7 SIGINT"]);
  });
}

test("a real signal is kept by this runtime, and told once", async () => {
  const signals = new SignalListeners();
  signals.keep(["USR2"]);
  process.kill(process.pid, "SIGUSR2");
  process.kill(process.pid, "SIGUSR2");
  let came = 0;
  signals.on("USR2", () => came++);
  await until(() => came > 0, "the signal");
  signals.on("USR2", () => {})();
});
