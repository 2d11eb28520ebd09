/**
 * What the program hands to itself over a restart: sockets, the pid file, and the children that serve on. It lies in
 * shared memory, whose descriptor is in the environment: the children of a large server have no room there.
 *
 * @module
 */

import type { Daemon, InheritedDaemon } from "../daemon/daemon.ts";
import type { ChildKind } from "../hooks.ts";
import type { InheritedSocket, Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import { type InheritedLog, inheritedLog } from "../log/open_log.ts";
import { closeOnExec, type Pipe } from "../os/descriptor.ts";
import { readSharedText, shareText } from "../os/shared_memory.ts";
import { runtime } from "../runtime/choose.ts";
import { descriptorsOfSerializer, type PassedSerializer } from "../serialize/prepare.ts";
import type { WatchPlan } from "../watch/watch_plan.ts";

/** The environment variable by which the program learns that it was restarted. */
export const RESTART_VARIABLE = "TINE_RESTART";

/** One child that is handed on. */
export interface PassedChild {
  readonly pid: number;
  readonly kind: ChildKind;
  /** The index of its slot in its scoreboard. */
  readonly slot: number;
  /** The signal that it was told to leave by; absent while it serves. */
  readonly told?: "HUP" | "TERM" | "KILL" | undefined;
  /** Until when it has time, in milliseconds since 1970; absent: for as long as it likes. */
  readonly until?: number | undefined;
}

/** The pipe to which a child prints. */
export interface InheritedOutput {
  readonly pid: number;
  readonly fd: number;
}

/** Children that were started between two restarts, and what they share. */
export interface PassedGeneration {
  readonly children: readonly PassedChild[];
  readonly scoreboard: { readonly fd: number; readonly capacity: number };
  /** Whether they count how many of them wait. */
  readonly countsWaiting: boolean;
  /** Where they are heard, if they may talk. */
  readonly messagesFd?: number | undefined;
  readonly serializer: PassedSerializer;
}

/** What the program hands to itself. */
export interface InheritedState {
  readonly sockets: readonly InheritedSocket[];
  /** The oldest first. Empty after a personality without children. */
  readonly generations: readonly PassedGeneration[];
  /** Absent after a personality without children. */
  readonly deathPipe?: Pipe;
  /** What children and the programs that they have left behind print to. */
  readonly outputs?: readonly InheritedOutput[];
  /** Where they find the log file that was opened again. */
  readonly mailbox?: Pipe;
  readonly log: InheritedLog;
  readonly daemon: InheritedDaemon;
  /** The files whose changes restart the server, where it watches any. */
  readonly watched?: WatchPlan | undefined;
  /** When the restart began, in milliseconds since 1970. */
  readonly begun: number;
}

/** What is handed on. */
export interface PassedState {
  readonly listeners: readonly Listener[];
  readonly generations?: readonly PassedGeneration[];
  readonly deathPipe?: Pipe;
  readonly outputs?: readonly InheritedOutput[];
  readonly mailbox?: Pipe | undefined;
  readonly logger: Logger;
  readonly daemon: Daemon;
  readonly watched?: WatchPlan | undefined;
  /** When the restart began, in milliseconds since 1970. */
  readonly begun: number;
}

/** Takes what the program handed to itself before its restart; undefined at a first start. */
export function takeInheritedState(): InheritedState | undefined {
  const fd = runtime.takeVariable(RESTART_VARIABLE);
  if (fd === undefined) return undefined;
  const inherited = JSON.parse(readSharedText(Number(fd))) as InheritedState;
  for (const fd of descriptorsOf(inherited)) closeOnExec(fd);
  return inherited;
}

/** What a server hands to the program that replaces it. */
export function stateOf(
  { listeners, generations = [], deathPipe, outputs, mailbox, logger, daemon, watched, begun }: PassedState,
): InheritedState {
  return {
    sockets: listeners.map(({ fd, key, socketFile }) => ({ fd, key, socketFile })),
    generations,
    ...(deathPipe === undefined ? {} : { deathPipe }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(mailbox === undefined ? {} : { mailbox }),
    log: inheritedLog(logger),
    daemon: daemon.inherited,
    ...(watched === undefined ? {} : { watched }),
    begun,
  };
}

/** What is to be handed on, written down: its descriptors, the first of which is the text's own. */
export function writeInheritedState(state: InheritedState): readonly number[] {
  return [shareText("restart", JSON.stringify(state)), ...descriptorsOf(state)];
}

function descriptorsOf(
  { sockets, generations, deathPipe, outputs = [], mailbox, log, daemon: { statusFd, pidFile } }:
    InheritedState,
): readonly number[] {
  return [
    ...sockets.map(({ fd }) => fd),
    ...generations.flatMap(({ scoreboard, messagesFd, serializer }) => [
      scoreboard.fd,
      ...(messagesFd === undefined ? [] : [messagesFd]),
      ...descriptorsOfSerializer(serializer),
    ]),
    ...[deathPipe, mailbox].flatMap((ends) => ends === undefined ? [] : [ends.read, ends.write]),
    ...outputs.map(({ fd }) => fd),
    log.fd,
    statusFd,
    ...(pidFile === undefined ? [] : [pidFile.fd]),
  ];
}
