/**
 * An address of this machine that is this process's own: what has a port of it is none of the servers that other tests
 * start at the same time.
 *
 * @module
 */

import process from "node:process";

/** On Linux, where all of 127.0.0.0/8 is the machine itself; elsewhere 127.0.0.1, which all share. */
export const ownLoopback: string = process.platform === "linux"
  ? `127.77.${process.pid >> 8 & 255}.${process.pid & 255}`
  : "127.0.0.1";
