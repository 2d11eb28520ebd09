/**
 * The project's own rules for `deno lint`; `deno.json` names this file. Each rule is a file in `scripts/lint/`, and
 * says there what it is for.
 *
 * An exception is a comment in the file that needs it: `// deno-lint-ignore tine/no-timers -- why`.
 *
 * @module
 */

import { envReads } from "./lint/env_reads.ts";
import { errorGrammar } from "./lint/error_grammar.ts";
import { functionLength } from "./lint/function_length.ts";
import { kernelConstants } from "./lint/kernel_constants.ts";
import { noBooleanParameters } from "./lint/no_boolean_parameters.ts";
import { noModuleLet } from "./lint/no_module_let.ts";
import { noTimers } from "./lint/no_timers.ts";
import { runtimeGlobals } from "./lint/runtime_globals.ts";

const plugin: Deno.lint.Plugin = {
  name: "tine",
  rules: {
    "env-reads": envReads,
    "error-grammar": errorGrammar,
    "function-length": functionLength,
    "kernel-constants": kernelConstants,
    "no-boolean-parameters": noBooleanParameters,
    "no-module-let": noModuleLet,
    "no-timers": noTimers,
    "runtime-globals": runtimeGlobals,
  },
};

export default plugin;
