import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { mutations } from "./mutations.ts";
import { understand, type Understood } from "./understand.ts";

const SCRIPT = new URL("fixtures/llhttp.cjs", import.meta.url).pathname;
const COUNT = 20_000;
/** Another number makes others. */
const SEED = 11;

/** What Node's parser says of the same bytes. */
function askNode(inputs: readonly string[]): { requests: Understood[]; error: string | null }[] | undefined {
  const input = inputs.map((text) => `${Buffer.from(text, "latin1").toString("hex")}\n`).join("");
  const { status, stdout, stderr } = spawnSync("node", ["--no-deprecation", SCRIPT], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status === null) return undefined;
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const hasNode = spawnSync("node", ["--version"]).status === 0;

/** How it is compared: Node's parser leaves blanks at the end of a value that is nothing else. */
function comparable({ fields, ...rest }: Understood): unknown {
  return { ...rest, fields: fields.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, "")) };
}

/** Node's parser stops at an Upgrade of HTTP/1.0 too, which is to be ignored (RFC 9110 §7.8). */
function leftToUpgrade(last: Understood | undefined): boolean {
  return last?.minor === 0 && last.fields.some((text) => /^upgrade$/i.test(text));
}

test("nothing that Node's parser refuses is accepted, and what both accept is understood alike", {
  timeout,
  skip: hasNode ? false : "no node",
}, () => {
  const inputs = mutations(COUNT, SEED);
  const theirs = askNode(inputs) ?? [];
  assert.equal(theirs.length, COUNT);
  const faults: unknown[] = [];
  let accepted = 0;
  for (const [i, text] of inputs.entries()) {
    const ours = understand(Buffer.from(text, "latin1"));
    accepted += ours.length;
    for (const [j, request] of ours.entries()) {
      const other = theirs[i]?.requests[j];
      const isAlike = other !== undefined &&
        // A body that is cut off, or breaks, may have been handed on up to another place.
        (request.isComplete
          ? JSON.stringify(comparable(request)) === JSON.stringify(comparable(other))
          : request.method === other.method && request.url === other.url);
      if (!isAlike && !leftToUpgrade(theirs[i]?.requests.at(-1))) {
        faults.push({ text, ours: request, theirs: theirs[i] });
      }
    }
  }
  // Some of them must be requests, or nothing was compared.
  assert.ok(accepted > COUNT / 10, `${accepted}`);
  assert.deepEqual(faults.slice(0, 5), []);
});
