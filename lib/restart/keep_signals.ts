/**
 * What a program that replaces itself lets Bun load before all else: Bun's event loop delivers the signals that are held
 * back (it waits by `epoll_pwait2(2)` with an empty mask), which would end the program while its modules are loaded.
 *
 * @module
 */

import { signalListeners } from "../runtime/signal_listeners.ts";

signalListeners.keep();
