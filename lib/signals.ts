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
  /** The command that sends it and waits for what comes of it, without `tine`. */
  readonly command?: string;
  /** What it does in the parent, for people. */
  readonly inParent: string;
  /** What it does in a child, for people; empty if nothing. */
  readonly inChild: string;
}

/** Every signal that Tine acts on. PIPE is ignored by both runtimes: a write to a gone client is an error instead. */
export const SIGNALS: readonly SignalRow[] = [
  {
    name: "INT",
    parent: "stop",
    child: "leave_now",
    inParent: "fast shutdown, same as TERM",
    inChild: "exits at once",
  },
  {
    name: "TERM",
    parent: "stop",
    child: "leave_now",
    command: "stop",
    inParent: "fast shutdown: children exit at once; after `stop_timeout` (10 s) they are killed",
    inChild: "exits at once",
  },
  {
    name: "QUIT",
    parent: "quit",
    child: "leave_now",
    command: "quit",
    inParent: "graceful shutdown: children finish their connections, without a time limit",
    inChild: "exits at once",
  },
  {
    name: "HUP",
    parent: "restart",
    child: "leave_after_client",
    command: "reload",
    inParent:
      "reload: new configuration and code, same PID, sockets stay open; connections get `stop_timeout` to finish",
    inChild: "exits after its connection",
  },
  {
    name: "TTIN",
    parent: "more",
    command: "scale +1",
    inParent: "add one child (`max_servers` + 1), until a reload",
    inChild: "",
  },
  {
    name: "TTOU",
    parent: "fewer",
    command: "scale -1",
    inParent: "remove one child (`max_servers` - 1, minimum 1), until a reload",
    inChild: "",
  },
  { name: "CHLD", parent: "reap", inParent: "a child exited; it is replaced", inChild: "" },
  {
    name: "USR1",
    parent: "reopen",
    child: "reopen",
    inParent: "reopen `log_file`, and pass it to the children",
    inChild: "reopen `log_file`",
  },
];

/** The signals that a process of this kind must not lose, nor die of, before it listens to them. */
export function signalsOf(kind: "parent" | "child"): readonly string[] {
  return SIGNALS.filter((row) => row[kind] !== undefined).map((row) => row.name);
}

/** All signals that the parent or a child listens to: a child is started with them held back. */
export const HEARD_SIGNALS: readonly string[] = SIGNALS.map((row) => row.name);
