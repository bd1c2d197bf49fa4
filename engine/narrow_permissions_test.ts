import assert from "node:assert/strict";
import {
  PERMISSION_NAMES,
  type PermissionName,
  type TaskPermissions,
} from "../messages/mod.ts";
import {
  EVERYTHING,
  narrowedLaunch,
  narrowPermissions,
} from "./narrow_permissions.ts";

/** What is granted, what is wanted, and whether the one covers the other. */
const COVERED: readonly (readonly [PermissionName, string, string, boolean])[] =
  [
    ["read", "/data", "/data", true],
    ["read", "/data", "/data/a/b", true],
    ["read", "/data/", "/data/a", true],
    ["read", "/", "/data", true],
    ["read", "/data", "/database", false],
    ["read", "/data", "/data/../etc", false],
    ["read", "/data", "/", false],
    ["write", "data", "/base/data/a", true],
    ["write", "/base", "data", true],
    ["write", "data", "../data", false],
    ["ffi", "/lib", "/lib/a.so", true],
    ["net", "a.org", "a.org", true],
    ["net", "a.org", "a.org:443", true],
    ["net", "a.org:443", "a.org", false],
    ["net", "a.org:443", "a.org:80", false],
    ["net", "a.org", "b.org", false],
    ["net", "*.a.org", "b.a.org:80", true],
    ["net", "*.a.org", "a.org", false],
    ["net", "*.a.org", "ba.org", false],
    ["net", "[::1]", "[::1]:80", true],
    ["net", "[::1]:80", "[::1]:81", false],
    ["net", "unix:/a", "unix:/b", false],
    ["import", "a.org", "a.org:443", true],
    ["env", "A", "A", true],
    ["env", "A", "AB", false],
    ["env", "A_*", "A_B", true],
    ["env", "A_*", "A_*", true],
    ["env", "A_*", "B", false],
    ["env", "A_B", "A_*", false],
    ["run", "ls", "ls", true],
    ["run", "ls", "/bin/ls", false],
    ["sys", "hostname", "hostname", true],
    ["sys", "hostname", "osRelease", false],
  ];

Deno.test("narrowPermissions() gives no more than the engine grants", () => {
  for (const [name, granted, wanted, isCovered] of COVERED) {
    const narrow = () =>
      narrowPermissions({ [name]: [granted] }, { [name]: [wanted] }, "/base");
    const what = `${name} ${granted} ${wanted}`;
    if (isCovered) assert.deepEqual(narrow(), { [name]: [wanted] }, what);
    else assert.throws(narrow, /Cannot narrow .* the engine grants/, what);
  }
});

Deno.test("narrowPermissions() gives what is named, and nothing else", () => {
  const narrow = (task: TaskPermissions) =>
    narrowPermissions(EVERYTHING, task, "/base");
  assert.deepEqual(narrow({}), {});
  assert.deepEqual(narrow({ net: true, read: ["/a"] }), {
    read: ["/a"],
    net: true,
  });
  assert.deepEqual(narrowPermissions({ env: ["A"] }, { env: true }, "/"), {
    env: ["A"],
  });
  for (const name of PERMISSION_NAMES) {
    assert.deepEqual(narrowPermissions({}, { [name]: true }, "/"), {
      [name]: [],
    });
    assert.throws(
      () => narrowPermissions({}, { [name]: ["a"] }, "/"),
      /grants nothing/,
    );
  }
});

Deno.test("narrowedLaunch() keeps the engine's other rules", () => {
  const launch = {
    memoryLimitMib: 64,
    sandbox: { allow: { net: true }, variables: ["A"], privatePaths: ["/k"] },
  } as const;
  assert.deepEqual(narrowedLaunch(launch, { net: ["a.org"] }, "/"), {
    memoryLimitMib: 64,
    sandbox: { ...launch.sandbox, allow: { net: ["a.org"] } },
  });
  assert.deepEqual(narrowedLaunch(undefined, {}, "/").sandbox?.allow, {});
});
