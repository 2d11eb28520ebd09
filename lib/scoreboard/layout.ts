/**
 * The fields of the scoreboard: one slot of {@linkcode SLOT_SIZE} bytes a child, in shared memory.
 *
 * @module
 */

/** Bytes of one slot: two cache lines, so that no two children write to the same line. */
export const SLOT_SIZE = 128;

/** Offsets in a slot, counted in 32-bit words. */
export const WORD = {
  pid: 0,
  state: 1,
  /** Clients accepted. */
  requests: 2,
  /** 1 once the child has so few clients left that its successor should be started. */
  retiring: 3,
  /** The client's address: 0 none that is told, 4 or 6, then its port and its bytes. */
  peerFamily: 4,
  peerPort: 5,
  peerAddress: 6,
  /** 1 once the child wants the server to stop and may not say so by a signal. */
  stopAsked: 10,
  /** 1 while no successor could take the child's place, since children fail to start. The parent writes it. */
  held: 11,
  // 12 to 15 are the doubles below.
  /** Clients that were denied, of those that were accepted. */
  denied: 16,
  /** The generation of the token by which the child may listen; 0: it has none. */
  token: 17,
} as const;

/** Offsets in a slot, counted in 64-bit words. */
export const DOUBLE = {
  /** When the child was started, in milliseconds since 1970. */
  started: 6,
  /** When its state last changed. */
  changed: 7,
} as const;

/** Offsets in the first slot, which no child has, counted in 32-bit words. */
export const HEAD = {
  /** How many children wait for a client, where that is counted. */
  waiting: 0,
  /** The parent wants to be woken when fewer than this wait; 0: it does not. */
  mark: 1,
} as const;

/** What a child is doing. */
export const STATES = ["free", "starting", "standby", "waiting", "serving", "leaving", "dequeue"] as const;

/** What a child is doing. */
export type State = (typeof STATES)[number];

/** The number of each state. */
export const STATE = {
  free: 0,
  starting: 1,
  standby: 2,
  waiting: 3,
  serving: 4,
  leaving: 5,
  dequeue: 6,
} as const satisfies Record<State, number>;
