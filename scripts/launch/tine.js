#!/bin/sh
":" //; exec sh "$(dirname -- "$(readlink -f -- "$0")")/launch.sh" "$@"

// The command `tine` of an installed package. The line above hands over to a shell script, so that no Node.js is
// needed and none stays between the caller and the server. To Deno and Bun, which may load this file themselves
// (`deno run -A npm:tine`), that line is a text that nobody uses, and a comment.
await import(`../../dist/js/${globalThis.Bun === undefined ? "deno" : "bun"}/cli.js?start`);
