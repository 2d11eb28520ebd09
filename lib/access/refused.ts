/**
 * A rule that cannot be used.
 *
 * @module
 */

/** Why a rule is refused: thrown by its parsers and caught where the rule's option is known. */
export class Refused extends Error {
  /** The class, for messages. */
  override name = "Refused";
  /** Why, as the rest of a sentence. */
  readonly reason: string;

  /**
   * Makes the refusal.
   *
   * @param at The place in the text that was read, from 0.
   */
  constructor(reason: string, at?: number) {
    super(reason);
    // Net::Server puts a `^` before a rule, so that places in the rule count from 1.
    this.reason = at === undefined ? reason : `${reason} (character ${Math.max(at, 1)})`;
  }
}
