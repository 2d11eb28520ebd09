/**
 * MultiType: the first personality of a list that can run. Pure.
 *
 * @module
 */

import { type Personality, type PersonalityName, personalityOf } from "./personality.ts";

/** What MultiType becomes where `server_type` is not given (Net::Server's `default_server_type`). */
const MULTI_TYPE_DEFAULT: PersonalityName = "Fork";
/** What HTTP runs on where `server_type` names nothing else. In Net::Server it is PreFork. */
const HTTP_DEFAULT: PersonalityName = "PreForkSimple";

/** What came of a list. */
export interface Choice {
  /** The first that can run; undefined if none can. */
  readonly personality: Personality | undefined;
  /** Those that stand before it and cannot run. */
  readonly skipped: readonly PersonalityName[];
}

/** Chooses from the values of `server_type`, in order. HTTP stands beside the one that it runs on. */
export function choosePersonality(names: readonly PersonalityName[]): Choice {
  const listed = names.filter((name) => name !== "MultiType" && name !== "HTTP");
  const byDefault = names.includes("MultiType") ? MULTI_TYPE_DEFAULT : HTTP_DEFAULT;
  const skipped: PersonalityName[] = [];
  for (const name of listed.length > 0 ? listed : [byDefault]) {
    const personality = personalityOf(name);
    if (personality.status === "supported") return { personality, skipped };
    skipped.push(name);
  }
  return { personality: undefined, skipped };
}
