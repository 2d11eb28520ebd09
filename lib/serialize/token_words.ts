/**
 * What a parent and its children share about tokens: the words of one piece of memory.
 *
 * @module
 */

/** The memory's size, in bytes. */
export const WORDS_BYTES = 4096;

/** Offsets, counted in 32-bit words. The counts stand in cache lines of their own. */
export const WORD = {
  /** The generation of the tokens that count. */
  generation: 0,
  /** 1 while all children listen, tokens or not. */
  open: 1,
  /** 1 while the turn is enough to listen, and its lock is left alone. */
  lockless: 2,
  /** Clients that were accepted. */
  accepted: 32,
  /** Those of them that had to be waited for. */
  cold: 64,
} as const;
