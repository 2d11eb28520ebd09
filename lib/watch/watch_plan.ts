/**
 * What a server with the option `watch` looks at.
 *
 * @module
 */

/** Files, by where the list of them is to be found. It is handed on over a restart. */
export interface WatchPlan {
  /** Paths of modules: what they import is watched too. */
  readonly modules: readonly string[];
  /** Paths of other files. */
  readonly files: readonly string[];
  /** Patterns, with the folders that they are relative to. */
  readonly patterns: readonly { readonly pattern: string; readonly folder: string }[];
  /** Paths that the server writes itself. */
  readonly written: readonly string[];
}
