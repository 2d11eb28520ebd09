/**
 * The one table of signals: what each does in the parent and in a child.
 *
 * @module
 */

/** What a signal makes the parent do. */
export type ParentAction =
  | "stop"
  | "quit"
  | "restart"
  | "more"
  | "fewer"
  | "reap"
  | "reopen";

/** What a signal makes a child do. */
export type ChildAction = "leave_now" | "leave_after_client" | "reopen";

/** One signal. */
export interface SignalRow {
  /** The name without `SIG`, as Net::Server writes it. */
  readonly name: string;
  readonly parent?: ParentAction;
  readonly child?: ChildAction;
  /** What it does, for people. */
  readonly effect: string;
}

/** Every signal that Tine acts on. PIPE is ignored by both runtimes: a write to a gone client is an error instead. */
export const SIGNALS: readonly SignalRow[] = [
  {
    name: "INT",
    parent: "stop",
    child: "leave_now",
    effect: "Stops the server: children run their child_finish hook and end, whatever they do.",
  },
  {
    name: "TERM",
    parent: "stop",
    child: "leave_now",
    effect: "The same as INT.",
  },
  {
    name: "QUIT",
    parent: "quit",
    child: "leave_now",
    effect: "Stops the server gently: every child finishes its present client first. A child ends at once.",
  },
  {
    name: "HUP",
    parent: "restart",
    child: "leave_after_client",
    effect:
      "Restarts in place: same process id, sockets stay open, children finish their clients. A child leaves after its present client.",
  },
  { name: "TTIN", parent: "more", effect: "One child more (max_servers + 1)." },
  { name: "TTOU", parent: "fewer", effect: "One child fewer (max_servers - 1)." },
  { name: "CHLD", parent: "reap", effect: "A child has ended: it is replaced at once." },
  {
    name: "USR1",
    parent: "reopen",
    child: "reopen",
    effect: "Opens log_file again, after it was moved away; the parent passes it on to its children.",
  },
];

/** The signals that a process of this kind must not lose, nor die of, before it listens to them. */
export function signalsOf(kind: "parent" | "child"): readonly string[] {
  return SIGNALS.filter((row) => row[kind] !== undefined).map((row) => row.name);
}

/** All signals that the parent or a child listens to: a child is started with them held back. */
export const HEARD_SIGNALS: readonly string[] = SIGNALS.map((row) => row.name);
