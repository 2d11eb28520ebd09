/**
 * A number with its noun, for messages.
 *
 * @module
 */

/** `1 child`, `3 children`; `several` is `one` with an `s` unless it is given. */
export function counted(n: number, one: string, several: string = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`;
}
