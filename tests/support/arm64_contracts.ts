/**
 * The contracts with kernel, C library and runtime, for the test runner of a runtime for arm64: as one module, since
 * each costs seconds under the emulator.
 *
 * @module
 */

import process from "node:process";
import "../contract/epoll_test.ts";
import "../contract/os_test.ts";
import "../contract/sockaddr_test.ts";
import "../os/abi_test.ts";

if (process.arch !== "arm64") throw new Error(`This is ${process.arch}`);
