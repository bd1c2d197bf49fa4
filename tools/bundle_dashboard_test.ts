import assert from "node:assert/strict";
import { bundleDashboard } from "./bundle_dashboard.ts";

Deno.test("the dashboard's bundle is that of its sources", async () => {
  const bundle = new URL("../dashboard/assets/app.js.txt", import.meta.url);
  assert.equal(
    await Deno.readTextFile(bundle),
    await bundleDashboard(),
    "make it anew: deno task dashboard",
  );
});
