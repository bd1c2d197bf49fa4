import { deepEqual, equal } from "node:assert/strict";
import { LimitTally } from "../base/mod.ts";
import { RoutingOwners } from "./routing_owners.ts";

Deno.test("RoutingOwners keeps a routing id for its key until it is forgotten", () => {
  const owners = new RoutingOwners();
  equal(owners.mayTake("e-1", "key"), true);
  owners.take("e-1", "key");
  equal(owners.mayTake("e-1", "key"), true);
  equal(owners.mayTake("e-1", "another"), false);
  equal(owners.mayTake("e-1", undefined), false);
  equal(owners.keyOf("e-1"), "key");
  owners.forget("e-1");
  equal(owners.mayTake("e-1", "another"), true);
});

Deno.test("RoutingOwners takes nobody new when it is full", () => {
  const tally = new LimitTally();
  const owners = new RoutingOwners(2, tally);
  owners.take("a", "1");
  owners.take("b", "2");
  equal(owners.mayTake("c", "3"), false);
  equal(owners.mayTake("b", "2"), true);
  deepEqual(tally.counts, { ROUTING_OWNERS_MAX: 1 });
  owners.forget("a");
  equal(owners.mayTake("c", "3"), true);
});
