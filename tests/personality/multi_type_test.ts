import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePersonality } from "../../lib/personality/multi_type.ts";

test("choosePersonality takes the first that can run and names those before it", () => {
  const { personality, skipped } = choosePersonality(["HTTP", "MultiType", "PreForkSimple", "HTTP"]);
  assert.equal(personality?.name, "PreForkSimple");
  assert.deepEqual(skipped, ["HTTP"]);
});

test("choosePersonality finds none where none can run", () => {
  assert.deepEqual(choosePersonality(["HTTP"]), { personality: undefined, skipped: ["HTTP"] });
});
