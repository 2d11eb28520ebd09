import assert from "node:assert/strict";
import { test } from "node:test";
import { OPTIONS } from "../../lib/config/options.ts";
import {
  findPersonality,
  PERSONALITIES,
  PERSONALITY_TABLE,
  personalityOf,
  takesOption,
} from "../../lib/personality/personality.ts";
import { loopOf } from "../../lib/server/loops.ts";

test("findPersonality ignores case", () => {
  assert.equal(findPersonality("preforkSIMPLE"), "PreForkSimple");
  assert.equal(findPersonality("inet"), "INET");
  assert.equal(findPersonality("Thread"), undefined);
});

for (const personality of PERSONALITY_TABLE) {
  if (personality.running === "wrapper") continue;
  test(`there is a module that runs ${personality.name}`, async () => {
    assert.equal(typeof (await loopOf(personality)).prepareLoop, "function");
  });
}

test("every option that a personality omits, or has a default of its own for, is one that it could take", () => {
  for (const { name, omits = [], defaults = {}, takes } of PERSONALITY_TABLE) {
    for (const key of [...omits, ...Object.keys(defaults)]) {
      const row = OPTIONS.find((option) => option.key === key);
      assert.ok(row !== undefined && ["base", ...takes].includes(row.personality), `${name} and ${key}`);
    }
  }
});

test("every option belongs to a personality that takes it", () => {
  for (const row of OPTIONS) {
    if (row.status !== "supported") continue;
    assert.ok(PERSONALITIES.some((name) => takesOption(personalityOf(name), row)), row.key);
  }
});
