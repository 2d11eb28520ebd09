/**
 * The module that runs each personality, loaded when it is asked for.
 *
 * @module
 */

import type { Personality, PersonalityName } from "../personality/personality.ts";
import type { LoopModule } from "./loop.ts";

const WITH_CHILDREN = () => import("./children_loop.ts");

/** By the personality's name. */
const LOOPS: Readonly<Partial<Record<PersonalityName, () => Promise<LoopModule>>>> = {
  PreForkSimple: WITH_CHILDREN,
  PreFork: WITH_CHILDREN,
  Fork: WITH_CHILDREN,
  INET: () => import("./inet_loop.ts"),
  Multiplex: () => import("./multiplex_loop.ts"),
  Single: () => import("./single_loop.ts"),
};

/** The module that runs a personality. */
export async function loopOf({ name }: Personality): Promise<LoopModule> {
  const load = LOOPS[name];
  if (load === undefined) {
    throw new Error(`Cannot run ${name}: no module is named for it in lib/server/loops.ts`);
  }
  return await load();
}
