import assert from "node:assert/strict";
import type { LeafState } from "../messages/mod.ts";
import { newMember, type SchedulerMember } from "./member.ts";
import { SchedulerTree } from "./scheduler_tree.ts";

function member(
  routingId: string,
  publicKey: string,
  leaf?: LeafState,
): SchedulerMember {
  return {
    ...newMember(routingId, { host: "h", pid: 1 }, 0),
    address: { endpoints: [`tcp://${publicKey}:1`], publicKey },
    leaf,
  };
}

/** The keys of those to whom engines turn. */
function turns(tree: SchedulerTree, engines: readonly string[]): string {
  return engines.map((engine) =>
    tree.addressesFor(engine).map(({ publicKey }) => publicKey).join("")
  ).join(" ");
}

Deno.test("SchedulerTree sends engines to leaves that are ready, clients to the root", () => {
  const tree = new SchedulerTree();
  const engines = ["1", "2", "3", "4"];
  assert.equal(turns(tree, engines), "   ");
  tree.join(member("s-1", "R"));
  tree.join(member("l-1", "A", "waiting"));
  assert.equal(turns(tree, engines), "R R R R");
  tree.join(member("l-1", "A", "ready"));
  assert.equal(turns(tree, engines), "AR AR AR AR");
  tree.join(member("l-2", "B", "ready"));
  assert.deepEqual(tree.even((engine) => engine < "4"), ["1", "2"]);
  assert.equal(turns(tree, engines), "BR BR AR AR");
  assert.deepEqual(tree.addresses().map(({ publicKey }) => publicKey), ["R"]);
  assert.deepEqual(tree.roots, ["s-1"]);
  assert.deepEqual(tree.leaves, ["l-1", "l-2"]);
  tree.leave("l-2");
  assert.equal(turns(tree, engines), "AR AR AR AR");
  tree.leave("l-1");
  assert.equal(turns(tree, engines), "R R R R");
});

Deno.test("SchedulerTree: a leaf that is started again takes its own place", () => {
  const tree = new SchedulerTree();
  const engines = ["1", "2", "3"];
  tree.join(member("s-1", "R"));
  tree.join(member("l-1", "A", "ready"));
  tree.join(member("l-2", "B", "ready"));
  const before = turns(tree, engines);
  // It is not ready yet, but soon: nobody is sent elsewhere meanwhile.
  assert.deepEqual(tree.join(member("l-3", "A", "waiting")), ["l-1"]);
  assert.equal(turns(tree, engines), before);
  assert.deepEqual(tree.join(member("l-3", "A", "ready")), []);
  assert.equal(turns(tree, engines), before);
  // The one whose place it took is gone already.
  tree.leave("l-1");
  assert.equal(turns(tree, engines), before);
  tree.leave("l-3");
  assert.equal(turns(tree, engines), "BR BR BR");
});

Deno.test("SchedulerTree forgets engines that are gone", () => {
  const tree = new SchedulerTree();
  tree.join(member("l-1", "A", "ready"));
  tree.join(member("l-2", "B", "ready"));
  assert.equal(turns(tree, ["1", "2"]), "A B");
  tree.engineLeft("1");
  assert.equal(turns(tree, ["3", "2"]), "A B");
});
