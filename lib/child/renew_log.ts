/**
 * USR1 in a child: its log goes to the file that the parent has opened.
 *
 * @module
 */

import type { LogHandoff } from "../handoff.ts";
import type { Logger } from "../log/logger.ts";
import { openToAppend } from "../os/open_file.ts";
import { DescriptorMailbox } from "../os/descriptor_mailbox.ts";

/** Directs lines to the new file. If that cannot be opened nothing changes: the parent says why. */
export function renewLog(logger: Logger, { file, mailbox }: LogHandoff): void {
  if (file === undefined) return;
  if (mailbox !== undefined) {
    const fd = new DescriptorMailbox(mailbox).look();
    if (fd !== undefined) logger.takeOver(fd);
    return;
  }
  try {
    logger.takeOver(openToAppend(file));
  } catch {
    // Without a way to hand a descriptor over, a user who may not open the file goes on with the old one.
  }
}
