// The echo on the runtime's own node:net: one process, or as many workers of node:cluster as are asked for.
import cluster from "node:cluster";
import { createServer } from "node:net";
import process from "node:process";

const workers = Number(process.argv[2] ?? 0);
const name = "Tine::net";

function serve(port) {
  const server = createServer((client) => {
    let pending = "";
    client.setEncoding("utf8");
    client.on("error", () => {});
    client.write(`Welcome to "${name}" (${process.pid})\r\n`);
    client.on("data", (text) => {
      const lines = (pending + text).split("\n");
      pending = lines.pop();
      for (const line of lines) {
        client.write(`${name}:${process.pid}: You said "${line.replace(/\r$/, "")}"\r\n`);
      }
    });
  });
  server.listen(port, "127.0.0.1", () => console.log(`Bound to auto-assigned port ${server.address().port}`));
}

if (workers === 0) serve(0);
else if (cluster.isPrimary) { for (let i = 0; i < workers; i++) cluster.fork(); }
else serve(0); // the first worker's port is the others' too
