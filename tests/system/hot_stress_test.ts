/**
 * Where few children listen at a time: whatever befalls children, in any order, each client is served, and in the end as
 * many listen as there are to be. `STRESS_SECONDS=60` has each test last for so long.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ARGS, CHILDREN, listening, skip, untilHot } from "../support/hot.ts";
import { timeout } from "../support/limits.ts";
import { Client, signal, type TestServer, withServer } from "../support/server.ts";
import { pass, within } from "../support/until.ts";

/** How long a test lasts. The default is for a test run; faults that are rare take longer. */
const SECONDS = Number(process.env["STRESS_SECONDS"] ?? 2);
const CLIENTS = 8;

/** Numbers that look random, the same ones in each run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to `n` - 1. */
  throw(n: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return (this.#state >>> 8) % n;
  }
}

/** Clients that come one after another, and what they know of children that were killed under them. */
class Visitors {
  served = 0;
  /** How many children were killed. */
  killed = 0;
  isOver = false;
  readonly #wheres: readonly (number | string)[];

  constructor(wheres: readonly (number | string)[]) {
    this.#wheres = wheres;
  }

  /** Comes again and again. */
  async comeAndGo(dice: Dice): Promise<void> {
    while (!this.isOver) {
      await this.visit(dice.throw(this.#wheres.length), dice.throw(4) === 0 ? 1 + dice.throw(20) : 0);
    }
  }

  /** One whole dialogue, with a pause in the middle. One that a kill has cut off begins again. */
  async visit(index: number, pauseMs = 0): Promise<void> {
    for (;;) {
      const { killed } = this;
      const client = new Client(this.#wheres[index] as number | string);
      try {
        const pid = await client.welcome();
        if (pauseMs > 0) await pass(pauseMs);
        await client.ask("hello", pid);
        await client.quit();
        this.served++;
        return;
      } catch (error) {
        if (killed === this.killed) throw error;
      } finally {
        client.close();
      }
    }
  }
}

/** Something that befalls children. */
async function strike(server: TestServer, visitors: Visitors, dice: Dice): Promise<void> {
  const children = server.children();
  const pid = children[dice.throw(children.length)];
  if (pid === undefined) return await pass(5);
  switch (dice.throw(8)) {
    case 0:
      signal(pid, "SIGSTOP");
      await pass(dice.throw(60));
      signal(pid, "SIGCONT");
      break;
    case 1: {
      // All that listen, with whatever turn, token and lock they have. Who comes now is served by others: while all listen,
      // some are left to do so.
      const stopped = listening(server).slice(0, children.length - 3);
      for (const one of stopped) signal(one, "SIGSTOP");
      try {
        await Promise.all(server.ports.map((_, i) => visitors.visit(i)));
      } finally {
        for (const one of stopped) signal(one, "SIGCONT");
      }
      break;
    }
    case 2:
      visitors.killed++;
      signal(pid, "SIGKILL");
      break;
    case 3:
      // The parent's word lets it finish its client.
      signal(pid, "SIGHUP");
      break;
    case 4:
      signal(server.pid, dice.throw(2) === 0 ? "SIGTTIN" : "SIGTTOU");
      break;
    case 5:
      // All at once are replaced, sooner or later.
      if (dice.throw(3) === 0) signal(server.pid, "SIGHUP");
      break;
    default:
      await pass(dice.throw(40));
  }
}

const ROWS: readonly (readonly [what: string, args: readonly string[], ports: number])[] = [
  ["no serializer", ["--serialize", "none"], 1],
  ["flock", ["--serialize", "flock"], 1],
  ["semaphore", ["--serialize", "semaphore"], 1],
  ["pipe", ["--serialize", "pipe"], 1],
  ["several clients a child", ["--max_clients", "3"], 1],
  ["two ports and a Unix socket", ["--port", "FOLDER/s.sock|unix"], 2],
];

for (const [row, [what, args, ports]] of ROWS.entries()) {
  test(
    `with ${what}: children are stopped, killed, sent away, added and reloaded, and each client is served`,
    {
      timeout,
      skip,
    },
    async () => {
      await withServer([...ARGS, ...args, "--max_requests", "200"], { ports }, async (server) => {
        await server.untilReady(CHILDREN);
        const unix = args.includes("--port") ? [join(server.folder, "s.sock")] : [];
        const wheres = [...server.ports, ...unix];
        const visitors = new Visitors(wheres);
        const coming = Promise.all(
          Array.from({ length: CLIENTS }, (_, i) => visitors.comeAndGo(new Dice(i + 1))),
        );
        const dice = new Dice(row + 1);
        const end = performance.now() + SECONDS * 1000;
        try {
          while (performance.now() < end) {
            await Promise.race([strike(server, visitors, dice), coming]);
          }
        } finally {
          visitors.isOver = true;
        }
        await within(coming, () => `the last clients; ${visitors.served} were served`);
        assert.ok(visitors.served >= CLIENTS, `${visitors.served} clients were served`);
        // As many as the signals since the last reload have left of them.
        const children = () =>
          Number([...server.text.matchAll(/(?:max server count|Beginning prefork) \((\d+)/g)].at(-1)?.[1]);
        await untilHot(server, children, wheres);
        await visitors.visit(0);
      });
    },
  );
}
