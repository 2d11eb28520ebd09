import assert from "node:assert/strict";
import { test } from "node:test";
import { libc } from "../../lib/os/calls.ts";
import { closeFd, duplicate } from "../../lib/os/descriptor.ts";
import { Outputs } from "../../lib/supervise/outputs.ts";

/** Outputs of children that are only numbers here, with the ends that they print to, and what was heard. */
function started(pids: readonly number[]) {
  const heard: string[] = [];
  const ends = new Map<number, number>();
  const outputs = new Outputs((line, pid) => heard.push(`${pid} ${line}`));
  for (const pid of pids) {
    outputs.starting((fd) => {
      // The parent closes its own when the child has it.
      ends.set(pid, duplicate(fd as number));
      return pid;
    });
  }
  const print = (pid: number, text: string) => {
    const bytes = new TextEncoder().encode(text);
    assert.equal(libc.write(ends.get(pid) as number, bytes, bytes.length), bytes.length);
  };
  const end = (pid: number) => closeFd(ends.get(pid) as number);
  return { outputs, heard, print, end };
}

test("what some children print is heard with their numbers, and the others are left alone", () => {
  const { outputs, heard, print, end } = started([11, 12, 13]);
  outputs.take();
  assert.deepEqual(heard, []);
  print(13, "three\nand ha");
  print(11, "one\n");
  outputs.take();
  assert.deepEqual(heard, ["11 one", "13 three"]);
  print(13, "lf\n");
  outputs.take();
  assert.deepEqual(heard.slice(2), ["13 and half"]);
  for (const pid of [11, 12, 13]) end(pid);
  outputs.take();
  assert.deepEqual(outputs.descriptors, []);
});

test("a pipe goes with its last writer, and what stands in it without an end of line is heard before", () => {
  const { outputs, heard, print, end } = started([11, 12]);
  print(12, "the last");
  end(12);
  for (let looks = 0; outputs.descriptors.length > 1 && looks < 3; looks++) outputs.take();
  assert.deepEqual(heard, ["12 the last"]);
  assert.deepEqual(outputs.passed.map(({ pid }) => pid), [11]);
  end(11);
  outputs.take();
  assert.deepEqual(outputs.passed, []);
});
