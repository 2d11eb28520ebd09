import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { publish } from "../support/site.ts";

const PROGRAM = `
import { serve } from "TINE";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

await using server = await serve(new URL("./handler.js", import.meta.url), {
  port: "127.0.0.1:0",
  maxServers: 1,
  logLevel: 1,
});
const client = connect(server.addresses[0].port, "127.0.0.1");
console.log(await text(client));
`;
const HANDLER = 'export default (connection) => connection.print("from a child");\n';

const runtime = onBun ? ["bun"] : ["deno", "run", "-A"];

test("serve works from an installed package", { timeout }, () =>
  withOutside(async (outside) => {
    installPackage(outside.folder);
    outside.write("package.json", '{ "type": "module", "dependencies": { "tine": "*" } }');
    outside.write("handler.js", HANDLER);
    const program = outside.write("program.js", PROGRAM.replace("TINE", "tine"));
    const { status, stdout, stderr } = await outside.run([...runtime, program], {
      DENO_NO_PACKAGE_JSON: "",
    });
    assert.deepEqual([status, stdout, stderr], [0, "from a child\n", ""]);
  }));

test("serve works from a URL", { timeout, skip: onBun && "Bun imports no modules from URLs" }, async () => {
  const site = await publish();
  try {
    await withOutside(async (outside) => {
      outside.write("handler.js", HANDLER);
      const program = outside.write("program.js", PROGRAM.replace("TINE", `${site.url}/mod.ts`));
      const words = ["deno", "run", "-A", "--quiet", "--no-config", program];
      const { status, stdout, stderr } = await outside.run(words, { DENO_DIR: `${outside.folder}/deno` });
      // The server is a program of its own, of which not all was needed before.
      const said = stderr.replaceAll(/^Download \S+\n/gm, "");
      assert.deepEqual([status, stdout, said], [0, "from a child\n", ""]);
    });
  } finally {
    await site.close();
  }
});
