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
    inParent: "stops the server, as TERM does",
    inChild: "ends at once",
  },
  {
    name: "TERM",
    parent: "stop",
    child: "leave_now",
    command: "stop",
    inParent: "stops the server; a child that does not end within `stop_timeout` (10 s) is killed",
    inChild: "ends at once",
  },
  {
    name: "QUIT",
    parent: "quit",
    child: "leave_now",
    command: "quit",
    inParent: "stops the server; every child finishes its client first",
    inChild: "ends at once",
  },
  {
    name: "HUP",
    parent: "restart",
    child: "leave_after_client",
    command: "reload",
    inParent: "restarts in place: same process id, sockets stay open, clients are finished first",
    inChild: "leaves after its client",
  },
  {
    name: "TTIN",
    parent: "more",
    command: "scale +1",
    inParent: "one child more (`max_servers` + 1), until a HUP",
    inChild: "",
  },
  {
    name: "TTOU",
    parent: "fewer",
    command: "scale -1",
    inParent: "one child fewer (`max_servers` - 1, at least 1), until a HUP",
    inChild: "",
  },
  { name: "CHLD", parent: "reap", inParent: "a child has ended: it is replaced", inChild: "" },
  {
    name: "USR1",
    parent: "reopen",
    child: "reopen",
    inParent: "opens `log_file` again, and passes it on",
    inChild: "opens `log_file` again",
  },
];

/** The signals that a process of this kind must not lose, nor die of, before it listens to them. */
export function signalsOf(kind: "parent" | "child"): readonly string[] {
  return SIGNALS.filter((row) => row[kind] !== undefined).map((row) => row.name);
}

/** All signals that the parent or a child listens to: a child is started with them held back. */
export const HEARD_SIGNALS: readonly string[] = SIGNALS.map((row) => row.name);
