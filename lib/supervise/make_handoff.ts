/**
 * What a parent passes to all its children.
 *
 * @module
 */

import type { Handoff } from "../handoff.ts";
import { type Pipe, Waker } from "../os/descriptor.ts";
import { doClientsWait } from "../os/listening_socket.ts";
import type { ParentParts } from "./parent.ts";

/** What of it the parent has made. */
interface MadeByParent extends Pick<Handoff, "scoreboardFd" | "countsWaiting" | "messagesFd" | "wakeup"> {
  readonly mailbox: Pipe | undefined;
}

/** The handoff for the children of one parent. */
export function makeHandoff(parts: ParentParts, { mailbox, ...made }: MadeByParent): Handoff {
  const { config, listeners, serializer, deathPipe, server, logger } = parts;
  return {
    ...made,
    config,
    personality: server.personality,
    parentPid: server.pid,
    listeners: listeners.map(({ fd, address, proto }) => ({ fd, address, proto })),
    clientsWait: listeners.every(({ fd, address }) => doClientsWait(fd, address)),
    handlerUrl: parts.handlerUrl,
    serializer: serializer.handoff,
    broadcast: config.maxClients > 1 ? new Waker().ends : undefined,
    deathPipeFd: deathPipe.read,
    log: { ...logger.options, fd: logger.descriptor, mailbox },
    journal: logger.writesToJournal,
    confinement: parts.daemon.confinement,
  };
}
