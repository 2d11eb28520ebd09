/**
 * What a parent hands to each child: the same for all in shared text, and a few words for each in its environment.
 *
 * @module
 */

import type { Config } from "./config/options.ts";
import type { Address } from "./address.ts";
import type { Confinement } from "./daemon/confine.ts";
import type { ChildKind } from "./hooks.ts";
import type { Protocol } from "./config/port_spec.ts";
import type { Pipe } from "./os/descriptor.ts";

/** The environment variable by which a process learns that it is a child. It is removed as soon as it is read. */
export const CHILD_VARIABLE = "TINE_CHILD";

/**
 * The environment variable that stays in a child: whose child it is. A process that finds its own program named there,
 * and has no ticket, was started again by something else.
 */
export const ORIGIN_VARIABLE = "TINE_ORIGIN";

/**
 * glibc's variable for the number of memory arenas (mallopt(3), `M_ARENA_MAX`). The threads by which Deno loads a
 * program's modules would each take one of their own, about 2 MB in every child, that stays when they have gone.
 */
export const ARENAS_VARIABLE = "MALLOC_ARENA_MAX";

/**
 * Deno's variable for `--unstable-lazy-dynamic-imports`: modules that a program imports by `import()` are looked through
 * when that is called, and not when the program starts. A child calls few of them.
 */
export const LAZY_VARIABLE = "DENO_UNSTABLE_LAZY_DYNAMIC_IMPORTS";

/** Tokens in a pipe, each of which lets a child do something. */
export interface TokenHandoff {
  readonly pipe: Pipe;
  readonly generationFd: number;
}

/** Where a few children listen at a time. */
export interface HotHandoff {
  /** The tokens that those have. */
  readonly token: TokenHandoff;
  /** Rung when others are to listen. */
  readonly bell: Pipe;
}

/** How children take turns, and what they need for it: the token that is the turn, whatever else comes with it. */
export type TurnsHandoff =
  | {
    readonly kind: "flock";
    readonly token: TokenHandoff;
    readonly path: string;
    readonly fd?: number | undefined;
  }
  | { readonly kind: "semaphore"; readonly token: TokenHandoff; readonly id: number }
  | { readonly kind: "pipe"; readonly token: TokenHandoff };

/** Whether children take turns, and whether only a few of them listen at a time. */
export type SerializerHandoff = ({ readonly kind: "none" } | TurnsHandoff) & {
  readonly hot?: HotHandoff | undefined;
};

/** The descriptors of a serializer, but for that of a lock. */
export function serializerDescriptors(serializer: SerializerHandoff): readonly number[] {
  const { hot } = serializer;
  const tokens = [serializer.kind === "none" ? undefined : serializer.token, hot?.token];
  return tokens.flatMap((token) =>
    token === undefined ? [] : [token.pipe.read, token.pipe.write, token.generationFd]
  )
    .concat(hot === undefined ? [] : [...new Set([hot.bell.read, hot.bell.write])]);
}

/** A listening socket as children have it. */
export interface ListenerHandoff {
  readonly fd: number;
  readonly address: Address;
  readonly proto: Protocol;
}

/** Whether a listener's clients are datagrams. */
export function carriesDatagrams({ proto }: Pick<ListenerHandoff, "proto">): boolean {
  return proto === "udp" || proto === "unixdgram";
}

/** The log as children have it: they open nothing themselves, as they may not be allowed to. */
export interface LogHandoff {
  readonly level: number;
  readonly format: Config["logFormat"];
  /** Whether lines are for a person at a terminal, where a stack has several. */
  readonly breaksStacks?: boolean | undefined;
  readonly fd: number;
  /** The path of the file; undefined for stderr. */
  readonly file?: string | undefined;
  /** Where the parent leaves the file that it has opened again; undefined where the system has no such thing. */
  readonly mailbox?: Pipe | undefined;
}

/** What is the same for all children of one start. */
export interface Handoff {
  readonly config: Config;
  readonly personality: string;
  readonly parentPid: number;
  readonly listeners: readonly ListenerHandoff[];
  /** Whether a `recv(2)` of the clients of all listeners waits for a moment. */
  readonly clientsWait: boolean;
  /** The URL of the handler's module where the command line named one; otherwise the program passes its own. */
  readonly handlerUrl?: string | undefined;
  readonly serializer: SerializerHandoff;
  readonly scoreboardFd: number;
  /** Whether children count how many of them wait. */
  readonly countsWaiting: boolean;
  /** Where children tell the parent messages, if they may. */
  readonly messagesFd?: number | undefined;
  /** Rings for children that serve several clients at once. */
  readonly broadcast?: Pipe | undefined;
  /** Readable once the parent has gone. */
  readonly deathPipeFd: number;
  /** Wakes the parent. */
  readonly wakeup: Pipe;
  /** The log, as the parent has opened it. */
  readonly log: LogHandoff;
  /** Whether stderr leads to systemd's journal. */
  readonly journal: boolean;
  /** What the child is to be reduced to before its first client, where the parent could not do it for all. */
  readonly confinement?: Confinement | undefined;
}

/** The descriptors that children inherit by a handoff, each once. */
export function inheritedDescriptors(handoff: Handoff): readonly number[] {
  const { listeners, scoreboardFd, deathPipeFd, wakeup, serializer, messagesFd, broadcast, log } = handoff;
  const lone = [messagesFd, serializer.kind === "flock" ? serializer.fd : undefined];
  const sockets = listeners.map(({ fd }) => fd);
  return [
    ...new Set([
      ...sockets,
      scoreboardFd,
      deathPipeFd,
      log.fd,
      // Children only look into the mailbox: one that has given up rights shall not put anything there.
      ...(log.mailbox === undefined ? [] : [log.mailbox.read]),
      ...[wakeup, broadcast].flatMap((ends) => ends === undefined ? [] : [ends.read, ends.write]),
      ...serializerDescriptors(serializer),
      ...lone.filter((fd) => fd !== undefined),
    ]),
  ];
}

/** What differs between children. */
export interface ChildTicket {
  /** The descriptor of the shared text. */
  readonly fd: number;
  /** The index of its slot in the scoreboard. */
  readonly slot: number;
  readonly kind: ChildKind;
  /** The child whose place it takes once that has ended. */
  readonly after?: number | undefined;
  /** Whether it is to wake the parent when it is ready. */
  readonly announce?: boolean;
  /** Whether {@linkcode ARENAS_VARIABLE} is of the parent's making, and not for what the child starts. */
  readonly oneArena?: boolean;
  /** The same of {@linkcode LAZY_VARIABLE}. */
  readonly lazyImports?: boolean;
}

/** A ticket as the value of {@linkcode CHILD_VARIABLE}. */
export function formatTicket(ticket: ChildTicket): string {
  return `fd=${ticket.fd} slot=${ticket.slot} kind=${ticket.kind}` +
    (ticket.after === undefined ? "" : ` after=${ticket.after}`) +
    (ticket.announce ? " announce" : "") + (ticket.oneArena ? " one_arena" : "") +
    (ticket.lazyImports ? " lazy_imports" : "");
}

/** The ticket in a value of {@linkcode CHILD_VARIABLE}; undefined if it is none. */
export function parseTicket(text: string): ChildTicket | undefined {
  const match =
    /^fd=(\d+) slot=(\d+) kind=(server|dequeue)(?: after=(\d+))?( announce)?( one_arena)?( lazy_imports)?$/
      .exec(text);
  if (match === null) return undefined;
  return {
    fd: Number(match[1]),
    slot: Number(match[2]),
    kind: match[3] as ChildKind,
    after: match[4] === undefined ? undefined : Number(match[4]),
    announce: match[5] !== undefined,
    oneArena: match[6] !== undefined,
    lazyImports: match[7] !== undefined,
  };
}
