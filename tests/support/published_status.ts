/**
 * What a server may tell of itself, for tests of those who read it.
 *
 * @module
 */

import type { PublishedStatus } from "../../lib/daemon/status_file.ts";

/** One that has children, whose scoreboard it does not tell of. */
export const PUBLISHED: PublishedStatus = {
  version: "1.2.3",
  runtime: "deno 2.9.5",
  personality: "PreFork",
  startedMs: 1_795_655_081_000,
  configuredMs: 1_795_655_082_000,
  listeners: ["127.0.0.1:80"],
  how: "3 children",
  scaled: 0,
  reloads: 2,
  reloadsRefused: 1,
};
