/**
 * The parent's side of the serializers: which one is used, and what has to be created and removed for it.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import {
  serializerDescriptors,
  type SerializerHandoff,
  type TokenHandoff,
  type TurnsHandoff,
} from "../handoff.ts";
import { isLinux } from "../os/constants.ts";
import { closeFd } from "../os/descriptor.ts";
import { reasonOf } from "../os/errno.ts";
import { remedyForFile } from "../os/file_remedy.ts";
import { trustedPath } from "../os/open_file.ts";
import { openRegularFile } from "../os/regular_file.ts";
import { createSharedMemory } from "../os/shared_memory.ts";
import type { HotTokens } from "./hot_tokens.ts";
import { isOwnLock } from "./serializer.ts";
import type { TokenPipe } from "./token_pipe.ts";

/** A serializer as the parent has it. */
export interface PreparedSerializer {
  readonly handoff: SerializerHandoff;
  /** What a restarted parent takes it over by. */
  readonly passed: PassedSerializer;
  /** Rules who listens, where a few children are enough. */
  readonly hot?: HotTokens | undefined;
  /**
   * To be called when a child has ended: it may have held the turn, or have been woken for it.
   *
   * @param token The generation of the token by which it could listen; 0: it had none.
   */
  afterDeath(token: number): void;
  /** Lets children that become another user, by themselves, take turns too. */
  giveTo(owner: { readonly uid: number; readonly gid: number }): void;
  /** Removes what was created. */
  remove(): void;
}

/** A serializer that is handed on over a restart, for the children that still use it. */
export interface PassedSerializer {
  readonly handoff: SerializerHandoff;
  /** A folder that was made for its lock. */
  readonly folder?: string | undefined;
}

/** What is left to do for a serializer whose children leave. */
export type OldSerializer = Pick<PreparedSerializer, "afterDeath" | "remove">;

/** What decides the kind of serializer. */
export interface SerializerChoice {
  readonly serialize?: string | undefined;
  readonly lockFile?: string | undefined;
  readonly listeners: number;
  /** How many clients a child serves at the same time. */
  readonly maxClients: number;
}

/**
 * The kind of serializer for these options, and a line for the log where it is not what was asked for. Pure.
 *
 * On one port the kernel wakes a single child, so that nothing needs to be serialized.
 */
export function chooseSerializer(
  { serialize, listeners, maxClients }: SerializerChoice,
): { kind: SerializerHandoff["kind"]; note?: string } {
  // A child that has clients of its own cannot hold still for its turn; it accepts what it is woken for.
  if (maxClients > 1) return { kind: "none" };
  const several = listeners > 1;
  if (serialize === "none" && several) {
    return {
      kind: "flock",
      note: "Passed serialize value of none is incompatible with multiple ports - using default serialize",
    };
  }
  if (serialize !== undefined) return { kind: serialize as SerializerHandoff["kind"] };
  if (several) {
    return { kind: "flock", note: "Several ports and no serialize value - using default serialize (flock)" };
  }
  return { kind: isLinux ? "none" : "flock" };
}

/** How many children listen at a time: each rests for a moment with each client, and another one works meanwhile. */
export function hotCount(): number {
  return 2 * availableParallelism();
}

/** How a serializer is made. */
export interface SerializerOptions {
  /** The file to lock; undefined: one without a name. */
  readonly lockFile?: string | undefined;
  /** How many children listen at a time. Undefined: all. */
  readonly hot?: number | undefined;
}

/** Creates what the chosen kind needs. */
export async function prepareSerializer(
  kind: SerializerHandoff["kind"],
  { lockFile, hot: count }: SerializerOptions = {},
): Promise<PreparedSerializer> {
  const turns = kind === "none" ? undefined : await prepareTurns(kind, lockFile);
  const hot = count === undefined ? undefined : await prepareHot(count, turns);
  const handoff: SerializerHandoff = { ...turns?.lock.handoff ?? { kind: "none" }, hot: hot?.handoff };
  return {
    handoff,
    passed: { handoff, folder: turns?.lock.folder },
    hot,
    afterDeath(token) {
      turns?.pipe.renew();
      hot?.afterDeath(token);
    },
    giveTo: (owner) => turns?.lock.giveTo?.(owner),
    remove() {
      turns?.lock.remove?.();
      turns?.pipe.close();
      hot?.close();
    },
  };
}

/** What children take turns by: the lock, and the token that goes with it. */
interface PreparedTurns {
  readonly pipe: TokenPipe;
  readonly lock: PreparedLock;
}

async function prepareTurns(
  kind: TurnsHandoff["kind"],
  lockFile: string | undefined,
): Promise<PreparedTurns> {
  const { TokenPipe } = await import("./token_pipe.ts");
  const pipe = new TokenPipe(1);
  const { token } = pipe;
  const lock: PreparedLock = kind === "pipe"
    ? { handoff: { kind, token } }
    : kind === "flock"
    ? prepareFlock(token, lockFile)
    : await prepareSemaphore(token);
  return { pipe, lock };
}

async function prepareHot(count: number, turns: PreparedTurns | undefined): Promise<HotTokens> {
  const { HotTokens } = await import("./hot_tokens.ts");
  // A lock that the user named may be another server's too: whoever has it, no child goes on without it.
  return new HotTokens(count, {
    turn: turns !== undefined && isOwnLock(turns.lock.handoff) ? turns.pipe : undefined,
  });
}

/** The serializer of the children from before a restart. Their new siblings have one of their own. */
export async function takeOverSerializer({ handoff, folder }: PassedSerializer): Promise<OldSerializer> {
  const pipe = handoff.kind === "none"
    ? undefined
    : new (await import("./token_pipe.ts")).TokenPipe(1, handoff.token);
  const hot = handoff.hot &&
    new (await import("./hot_tokens.ts")).HotTokens(hotCount(), { inherited: handoff.hot });
  const removeLock = handoff.kind === "semaphore"
    ? (await import("./semaphore.ts")).removeSemaphore.bind(undefined, handoff.id)
    : () => folder !== undefined && rmSync(folder, { recursive: true, force: true });
  return {
    afterDeath(token) {
      pipe?.renew();
      hot?.afterDeath(token);
    },
    remove() {
      removeLock();
      pipe?.close();
      hot?.close();
    },
  };
}

/** The descriptors that have to stay open over a restart for it. */
export function descriptorsOfSerializer({ handoff }: PassedSerializer): readonly number[] {
  return serializerDescriptors(handoff);
}

/** What there is besides the token. */
type PreparedLock =
  & { readonly handoff: TurnsHandoff }
  & Pick<PassedSerializer, "folder">
  & Partial<Pick<PreparedSerializer, "giveTo" | "remove">>;

async function prepareSemaphore(token: TokenHandoff): Promise<PreparedLock> {
  const { createSemaphore, giveSemaphore, removeSemaphore } = await import("./semaphore.ts");
  const id = createSemaphore();
  return {
    handoff: { kind: "semaphore", token, id },
    giveTo: (owner) => giveSemaphore(id, owner),
    remove: () => removeSemaphore(id),
  };
}

/** Each child opens the file before it gives up its rights, so that nothing needs to be given to its user. */
function prepareFlock(token: TokenHandoff, named: string | undefined): PreparedLock {
  if (named !== undefined) {
    // A file that the user named is the user's.
    return { handoff: { kind: "flock", token, path: createLockFile(named) } };
  }
  if (isLinux) {
    // A file without a name, which goes when the last who has it open ends, however that happens. Opened by way of
    // /proc, each child has an open file of its own, as a lock needs.
    const { fd } = createSharedMemory("lock", 1);
    return {
      handoff: { kind: "flock", token, path: `/proc/self/fd/${fd}`, fd },
      remove: () => closeFd(fd),
    };
  }
  // In a new folder, so that no other user can put a link in place of the file.
  const folder = mkdtempSync(join(tmpdir(), "tine-"));
  const path = join(folder, "lock");
  createLockFile(path);
  return {
    handoff: { kind: "flock", token, path },
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Creates a lock file if there is none. Returns its path, links followed, as children are to open it. */
function createLockFile(given: string): string {
  try {
    const path = trustedPath(resolve(given));
    closeFd(openRegularFile(path, "create"));
    return path;
  } catch (cause) {
    throw new TineError(
      `Cannot create lock_file "${given}": ${reasonOf(cause)}; ${remedyForFile(given)}`,
      { cause, exitCode: EX_CANTCREAT },
    );
  }
}
