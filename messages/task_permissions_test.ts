import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import { GRANTS_MAX, taskPermissions } from "./task_permissions.ts";

Deno.test("taskPermissions() reads grants, and no more of them than it may", () => {
  const read = { read: ["/a"], net: true, unknown: 5 };
  assert.deepEqual(taskPermissions(read), { read: ["/a"], net: true });
  const most = Array.from({ length: GRANTS_MAX }, (_, at) => `h${at}`);
  assert.deepEqual(taskPermissions({ net: most }), { net: most });
  for (const wrong of [[...most, "h"], [""], [5], "all", false, null]) {
    assert.throws(() => taskPermissions({ net: wrong }), ProtocolError);
  }
});
