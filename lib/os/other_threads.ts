/**
 * The other threads of this process, held still while it replaces itself.
 *
 * A signal that ends the server may be taken by any thread that does not block it. If `execve(2)` ends that thread
 * before the signal's handler has run, the signal is lost. Only a thread itself can block signals, and these belong to the
 * runtime. So each is sent a signal whose handler is `sleep(3)`, which signal-safety(7) allows: it blocks all signals
 * as long as it runs. What comes now waits for the next program.
 *
 * Should the program not be replaced, the threads go on by themselves: the number of HUP, 1, is the handler's argument.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { libc } from "./calls.ts";
import { isLinux, linux } from "./constants.ts";
import { signalNumber } from "./process.ts";
import { addressOf, SignalActions } from "./signal_actions.ts";

const FOLDER = "/proc/self/task";
/** The signal that holds a thread. */
const HOLDING = "HUP";
/** No thread blocks this one by itself: it tells of a fault of its own. */
const NEVER_BLOCKED = "SEGV";
/** How long a thread may take to be held: it may wait for the disk. */
const LONGEST_MS = 100;

/** Which signals a thread blocks, and which wait for it alone. */
interface ThreadSignals {
  readonly blocked: bigint;
  readonly pending: bigint;
}

/** The bit of a signal in the masks of proc(5). */
function bit(name: string): bigint {
  return 1n << BigInt((signalNumber(name) ?? 1) - 1);
}

/** Reads /proc/PID/task/TID/status. Pure. */
export function parseThreadSignals(status: string): ThreadSignals {
  const mask = (name: string) => {
    const digits = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return digits === undefined ? 0n : BigInt(`0x${digits}`);
  };
  return { blocked: mask("SigBlk"), pending: mask("SigPnd") };
}

/** What a thread does with a signal of `names` that comes now. Pure. */
export function attitudeOf(
  { blocked, pending }: ThreadSignals,
  names: readonly string[],
): "blocks" | "held" | "may_take" {
  const all = names.reduce((mask, name) => mask | bit(name), bit(HOLDING));
  if ((blocked & all) !== all) return "may_take";
  if ((blocked & bit(NEVER_BLOCKED)) === 0n) return "blocks";
  // In a handler, which may also be that of a signal that came before.
  return (pending & bit(HOLDING)) === 0n ? "held" : "may_take";
}

/** The threads beside the first, which is this one. */
function otherThreads(): readonly number[] {
  return readdirSync(FOLDER).map(Number).filter((thread) => thread !== process.pid);
}

/** Whether all other threads are held. Those that are not are sent the signal, unless they were `sent` it before. */
function areHeld(names: readonly string[], sent: Set<number>): boolean {
  let held = true;
  for (const thread of otherThreads()) {
    let status: string;
    try {
      status = readFileSync(`${FOLDER}/${thread}/status`, "latin1");
    } catch {
      continue; // It has ended.
    }
    const attitude = attitudeOf(parseThreadSignals(status), names);
    if (attitude === "blocks" || attitude === "held" && sent.has(thread)) continue;
    held = false;
    if (sent.has(thread)) continue;
    sent.add(thread);
    libc.syscall3(linux.SYS_tgkill, process.pid, thread, signalNumber(HOLDING) ?? 0);
  }
  return held;
}

/**
 * Has no other thread take a signal of `names` for the next second. To be called by the first thread, which blocks them
 * and HUP. Where the system does not show its threads, nothing is done. The result restores what HUP did.
 */
export function holdOtherThreads(names: readonly string[]): SignalActions | undefined {
  const sleep = addressOf("sleep");
  if (!isLinux || sleep === 0) return undefined;
  const actions = new SignalActions([HOLDING], sleep);
  const sent = new Set<number>();
  const end = performance.now() + LONGEST_MS;
  try {
    while (!areHeld(names, sent) && performance.now() < end);
  } catch {
    // Without /proc, as in a chroot: what comes in the last microseconds may be lost.
  }
  return actions;
}
