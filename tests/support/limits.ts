/**
 * Limits of time in tests. They are for what hangs, and for nothing else: a machine that is ten times slower than a good
 * one, or has ten times as much to do, passes. No test gives a limit of its own.
 *
 * Where a test has to wait very long, as under an emulator, `TEST_SLOWNESS=10` makes all of them ten times as long.
 *
 * @module
 */

import process from "node:process";

const MINUTE_MS = 60_000;
const slowness = Math.max(1, Number(process.env["TEST_SLOWNESS"] ?? 1) || 1);

/** How long a test waits for one thing to happen. */
export const WAIT_MS: number = 2 * MINUTE_MS * slowness;

/** How long the body of one test may take. */
export const BODY_MS: number = 10 * MINUTE_MS * slowness;

/** What `test()` is given: longer than a body, whose own limit tells what the server said. */
export const timeout: number = 12 * MINUTE_MS * slowness;
