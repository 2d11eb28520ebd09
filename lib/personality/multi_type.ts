/**
 * MultiType: the first personality of a list. HTTP is a layer on it. Pure.
 *
 * @module
 */

import { type Personality, type PersonalityName, personalityOf } from "./personality.ts";

/** What MultiType becomes where `server_type` is not given (Net::Server's `default_server_type`). */
const MULTI_TYPE_DEFAULT: PersonalityName = "Fork";
/** What HTTP runs on where `server_type` names nothing else. In Net::Server it is PreFork. */
const HTTP_DEFAULT: PersonalityName = "PreForkSimple";

/** Chooses from the values of `server_type`: the first. HTTP stands beside the one that it runs on. */
export function choosePersonality(names: readonly PersonalityName[]): Personality {
  const [first] = names.filter((name) => name !== "MultiType" && name !== "HTTP");
  return personalityOf(first ?? (names.includes("MultiType") ? MULTI_TYPE_DEFAULT : HTTP_DEFAULT));
}
