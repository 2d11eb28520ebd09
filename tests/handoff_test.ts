import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChildTicket, formatTicket, parseTicket } from "../lib/handoff.ts";

const TICKETS: readonly ChildTicket[] = [
  { fd: 3, slot: 0, kind: "server" },
  { fd: 4000, slot: 4095, kind: "server", after: 4_194_304 },
  { fd: 7, slot: 12, kind: "dequeue" },
  { fd: 7, slot: 12, kind: "dequeue", after: 1 },
  { fd: 7, slot: 12, kind: "server", announce: true },
  { fd: 7, slot: 12, kind: "server", oneArena: true },
  { fd: 7, slot: 12, kind: "server", after: 9, announce: true, oneArena: true },
  { fd: 7, slot: 12, kind: "server", oneArena: true, lazyImports: true },
  { fd: 7, slot: 12, kind: "dequeue", lazyImports: true },
];

for (const ticket of TICKETS) {
  test(`the ticket ${formatTicket(ticket)} is the same after it was written and read`, () => {
    const read = parseTicket(formatTicket(ticket));
    assert.deepEqual({ ...read }, {
      after: undefined,
      announce: false,
      oneArena: false,
      lazyImports: false,
      ...ticket,
    });
  });
}

test("a text that is no ticket is none", () => {
  const texts = [
    "",
    "1",
    "fd=3",
    "fd=3 slot=0",
    "fd=3 slot=0 kind=other",
    "fd=-1 slot=0 kind=server",
    "fd=3 slot=0 kind=server after=",
    "fd=3 slot=0 kind=server extra=1",
    " fd=3 slot=0 kind=server",
    "fd=3 slot=0 kind=server\n",
    "slot=0 fd=3 kind=server",
  ];
  for (const text of texts) assert.equal(parseTicket(text), undefined, JSON.stringify(text));
});
