/**
 * `tine help hooks`.
 *
 * @module
 */

import { HOOK_NAMES, type Hooks } from "../hooks.ts";
import { wrap } from "../config/describe.ts";

/** Where the second column begins. */
const INDENT = 24;

/** What each hook is for: the first sentence of its documentation, which a test compares. */
export const HOOK_HELP: Readonly<Record<keyof Hooks, string>> = {
  configure: "Parent, before options are read",
  postConfigure: "Parent, after options are read and checked, before anything is bound",
  restartOpen: "Parent, after a reload, before it takes over the inherited sockets",
  postBind: "Parent, after all ports are bound and before privileges are dropped",
  preLoop: "Parent, right before the loop begins",
  runNChildren: "Parent, before a group of children is started",
  preFork: "Parent, before each child is started",
  childInit: "Child, once, before its first client",
  postAccept: "Child, after a client was accepted and its addresses are known",
  allowDeny: "Child: a falsy result denies the client",
  requestDenied: "Child, in place of the handler, for a client that was denied",
  postProcessRequest: "Child, after the handler or `requestDenied`, before the connection is closed",
  postClientConnection: "Child, after the connection was closed",
  childFinish: "Child, once, before it exits",
  runDequeue: "Dequeue child: the work itself",
  childIsTalking: "Parent, for each message that a child sent with `tellParent`",
  cleanupDeadChild:
    "Parent, after a child exited unexpectedly: by a signal, with an error status, or found dead",
  idleLoop: "Parent, at each turn of its loop: whenever something happened, and at least every 10 seconds",
  otherChildDied: "Parent, when a child process exits that Tine did not start",
  preServerClose: "Parent, when the server begins to stop",
  postChildCleanup: "Parent, after all children have exited",
  restartClose: "Parent, right before it re-executes itself for a reload",
  writeToLog: "Any process: takes each line of the log in place of the file or stderr",
  fatal: "Any process, when it is about to exit because of `error`",
};

/** Every hook with what it is for, in the order of a server's life. */
export function hooksHelp(width: number): string {
  const lines = HOOK_NAMES.flatMap((name) => {
    const [first = "", ...rest] = wrap(HOOK_HELP[name].replaceAll("`", ""), width - INDENT);
    return [`  ${name.padEnd(INDENT - 2)}${first}`, ...rest.map((line) => " ".repeat(INDENT) + line)];
  });
  return `Hooks are functions of the handler's object, which may return a promise. In order:\n\n${
    lines.join("\n")
  }\n`;
}
