/**
 * Rule `kernel-constants`: a number of the kernel's stands in one table.
 *
 * `tests/os/abi_test.ts` compares `lib/kernel_constants.ts` and `lib/os/errno.ts` with what a C compiler says, for each
 * processor. What is written down elsewhere it does not see, and many of these numbers differ between systems.
 *
 * @module
 */

import { constants } from "node:os";
import { isIn, placeOf } from "./place.ts";

const TABLES: readonly string[] = ["lib/kernel_constants.ts", "lib/os/errno.ts"];

/** What the names of C's headers begin with, and a few that are whole. */
const KERNELS_NAME =
  /^((AF|CLOCK|CLOSE_RANGE|EFD|EPOLL|F|FD|IPC|IPPROTO|IPV6|LOCK|MAP|MFD|MSG|O|PF|POSIX_SPAWN|PR|PROT|RLIMIT|SCM|SEM|SHUT|SIG|SO|SOCK|SOL|SYS|TCP)_[A-Za-z0-9_]+|E?POLL(IN|OUT|ERR|HUP|PRI|RDHUP|ET|ONESHOT|EXCLUSIVE)|(\w+_)?(CLOEXEC|NONBLOCK|NOFOLLOW)|SETVAL|WNOHANG|WUNTRACED)$/;

/** The largest permissions of a file; what is written in base eight and larger is a flag. */
const ALL_PERMISSIONS = 0o7777;

function isKernels(name: string): boolean {
  return KERNELS_NAME.test(name) || name in constants.errno || name in constants.signals;
}

/** Is a number written down in this expression? */
function hasNumber(node: Deno.lint.Node): boolean {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "number";
    case "UnaryExpression":
      return hasNumber(node.argument);
    case "BinaryExpression":
      return hasNumber(node.left) || hasNumber(node.right);
    case "ConditionalExpression":
      return hasNumber(node.consequent) || hasNumber(node.alternate);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return hasNumber(node.expression);
    default:
      return false;
  }
}

export const kernelConstants: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!isIn(place, ["lib/"]) || isIn(place, TABLES)) return {};
    const report = (node: Deno.lint.Node, what: string) =>
      context.report({
        node,
        message: `${what} is written down outside the tables that are compared with the C compiler`,
        hint: "Put it into lib/kernel_constants.ts, and take it from lib/os/constants.ts",
      });
    const check = (name: Deno.lint.Node, value: Deno.lint.Node | null | undefined) => {
      if (name.type !== "Identifier" || !isKernels(name.name)) return;
      if (value && hasNumber(value)) report(name, `\`${name.name}\``);
    };
    return {
      VariableDeclarator: ({ id, init }) => check(id, init),
      Property: ({ key, value }) => check(key, value),
      PropertyDefinition: ({ key, value }) => check(key, value),
      Literal(node) {
        if (typeof node.value !== "number" || !/^0o/i.test(node.raw) || node.value <= ALL_PERMISSIONS) return;
        report(node, "A flag");
      },
      CallExpression({ callee, arguments: [number] }) {
        if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
        if (/^syscall\d$/.test(callee.property.name) && number && hasNumber(number)) {
          report(number, "The number of a system call");
        }
      },
    };
  },
};
