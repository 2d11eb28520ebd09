import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePersonality } from "../../lib/personality/multi_type.ts";

const CHOICES = [
  [["MultiType", "PreFork", "Single"], "PreFork"],
  [["MultiType"], "Fork"],
  [["HTTP"], "PreForkSimple"],
  [["HTTP", "Single"], "Single"],
  [["PreFork", "HTTP"], "PreFork"],
  [["HTTP", "MultiType"], "Fork"],
] as const;

test("choosePersonality takes the first, beside which HTTP may stand", () => {
  for (const [names, name] of CHOICES) assert.equal(choosePersonality(names).name, name, names.join());
});
