import assert from "node:assert/strict";
import * as door from "./mod.ts";
import {
  exportedFunction,
  isModuleTask,
  moduleTask,
  task,
  type TaskFunction,
} from "./mod.ts";

function work(x: number): number {
  return x + 1;
}

Deno.test("moduleTask describes an export of a module", () => {
  const url = new URL("./mod.ts", import.meta.url);
  const described = moduleTask<typeof isModuleTask>(url, "isModuleTask");
  assert.deepEqual(described, {
    kind: "module",
    module: url.href,
    export: "isModuleTask",
  });
  assert.ok(isModuleTask(structuredClone(described)));
  assert.equal(exportedFunction(described, door)(described), true);
});

Deno.test("moduleTask takes only URLs that engines can import", () => {
  for (
    const url of ["file:///a.ts", "https://example.com/a.ts", "npm:left@1/x"]
  ) {
    assert.equal(moduleTask(url, "default").module, url);
  }
  for (
    const url of ["./a.ts", "", "http://example.com/a.ts", "data:text/plain,a"]
  ) {
    assert.throws(
      () => moduleTask(url, "work"),
      /^TypeError: Cannot ship module .*: its URL must start with/,
    );
  }
  assert.throws(() => moduleTask("file:///a.ts", ""), /export is missing/);
});

Deno.test("exportedFunction says what the module has instead", () => {
  const found = (name: string, namespace: object): unknown =>
    exportedFunction(moduleTask("file:///a.ts", name), namespace);
  assert.throws(
    () => found("work", { a: 1, b: 2 }),
    /Cannot find function work in file:\/\/\/a\.ts: it exports a, b; export/,
  );
  assert.throws(() => found("work", {}), /it exports nothing/);
  assert.throws(() => found("value", { value: 5 }), /it is of type number/);
  assert.throws(() => found("toString", {}), /it exports nothing/);
});

Deno.test("isModuleTask knows other values", () => {
  for (const other of [undefined, null, 5, {}, { kind: "module" }, work]) {
    assert.ok(!isModuleTask(other));
  }
});

Deno.test("task puts a function and its needs together", () => {
  const described: TaskFunction<typeof work> = task(work, {
    needs: ["npm:acorn"],
    captures: { a: 1 },
  });
  assert.deepEqual(described, {
    kind: "task",
    fn: work,
    needs: ["npm:acorn"],
    captures: { a: 1 },
  });
});
