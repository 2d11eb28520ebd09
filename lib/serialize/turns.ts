/**
 * What children take turns by, as they see it.
 *
 * @module
 */

/** The child's side of a serializer. */
export interface Serializer {
  /** Takes the turn if it is free, or comes free within a moment, holding this thread meanwhile. */
  takeHere(): boolean;
  /** Waits for the turn off the event loop. False: something else happened, look again. */
  takeAway(): Promise<boolean>;
  /** Gives the turn to the next. */
  release(): void;
  /** Is not to be woken for the turn before it asks for it again. */
  rest(): void;
  /** Waits no longer, and lets the next have the turn that this child may have been woken for. */
  leave(): void;
  /** The parent has gone without removing what it had created: removes what would stay behind. */
  abandon?(): void;
}

/** The turn where a lock comes with it. */
export interface TurnToken extends Serializer {
  /** Whether the token counts that was taken last. */
  readonly isValid: boolean;
  /** Waits off the event loop for a moment, or until there is another token or other news. */
  pause(longestMs: number): Promise<void>;
}

/** What keeps others out while a child has the turn. */
export interface Lock {
  /** Locks if it is free. */
  lockHere(): boolean;
  /** Waits off the event loop until it is locked. False: something else happened, look again. */
  lockAway(): Promise<boolean>;
  /** Lets the next have it. */
  unlock(): void;
  /** As {@linkcode Serializer.abandon}. */
  abandon?(): void;
}
