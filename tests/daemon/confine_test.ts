import assert from "node:assert/strict";
import { test } from "node:test";
import { dropTo, isIdentity } from "../../lib/daemon/confine.ts";
import { PrivilegeError } from "../../lib/errors.ts";
import { currentGroups, currentIds } from "../../lib/os/user.ts";

const { uids: [uid], gids: [gid] } = currentIds();
const own = { uid: uid as number, gid: gid as number, groups: currentGroups() };

test("a process is who it is: by user, group and supplementary groups", () => {
  assert.ok(isIdentity(own));
  assert.ok(
    isIdentity({ ...own, groups: [own.gid, ...own.groups, own.gid] }),
    "the group may be listed or not",
  );
  assert.ok(!isIdentity({ ...own, uid: own.uid + 1 }));
  assert.ok(!isIdentity({ ...own, gid: own.gid + 1 }));
  assert.ok(!isIdentity({ ...own, groups: [...own.groups, 54_321] }));
});

test("a change of user that the system only claims to have made is not believed", () => {
  assert.throws(
    () => dropTo({ ...own, uid: 54_321 }, () => {}),
    (error: unknown) =>
      error instanceof PrivilegeError &&
      /^Cannot go on as user 54321: the process has the users /.test(error.message),
  );
  assert.throws(
    () => dropTo({ ...own, groups: [54_321] }, () => {}),
    /^PrivilegeError: Cannot go on as user .* after the change$/,
  );
});
