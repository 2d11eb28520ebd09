/**
 * Counts votes in a SQLite database that all children share: each line is a vote, which is answered by the votes so far.
 *
 *     deno run -A cli.ts ./examples/votes.ts --port 127.0.0.1:20203 --database votes.db
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { defineHandler } from "../mod.ts";

/** Opens the database, and makes its table if it is new. */
function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  // A child that finds the database locked waits for so many milliseconds; readers and a writer do not wait for each other.
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL;");
  database.exec("CREATE TABLE IF NOT EXISTS votes (name TEXT PRIMARY KEY, count INTEGER NOT NULL)");
  return database;
}

/** What a child opens for all its clients. */
const child: { database?: DatabaseSync } = {};

/** One statement, and so one transaction: no vote of another child can come in between. */
const VOTE = `INSERT INTO votes VALUES (?, 1)
  ON CONFLICT (name) DO UPDATE SET count = count + 1 RETURNING count`;

export default defineHandler({
  options: {
    database: { kind: "path", default: "votes.db", help: "The database's file." },
  },
  hooks: {
    // In each child, as another user if one is set: a database that the parent had opened would be no good there.
    childInit(server, kind) {
      if (kind === "server") child.database = openDatabase(server.config.own.database);
    },
    childFinish() {
      child.database?.close();
    },
  },
  async processRequest(connection) {
    for await (const name of connection.lines({ maxLength: 100 })) {
      const { count } = child.database?.prepare(VOTE).get(name) as { count: number };
      await connection.print(`${name}: ${count}\r\n`);
    }
  },
});
