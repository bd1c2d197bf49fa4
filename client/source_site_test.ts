import assert from "node:assert/strict";
import { SITES_MAX, SourceSites } from "./source_site.ts";

Deno.test("SourceSite leaves a stack as it is that it does not understand", () => {
  const shipped = {
    source: "() => 1",
    form: "expression",
    name: "gone",
  } as const;
  const site = new SourceSites().of({ ...shipped, hash: "a" });
  for (const stack of ["", "Error: x", "Error\n    at gone (ippd:gone:1:40)"]) {
    assert.equal(site.locate(stack), stack);
  }
});

Deno.test("SourceSites forgets the oldest functions", () => {
  const sites = new SourceSites();
  const site = (hash: string) =>
    sites.of({ hash, source: "() => 1", form: "expression", name: "" });
  const first = site("0");
  assert.equal(site("0"), first);
  for (let n = 1; n <= SITES_MAX; n++) site(String(n));
  assert.notEqual(site("0"), first);
});
