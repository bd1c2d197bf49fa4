import { equal, throws } from "node:assert/strict";
import { DEFAULT_ZMTP_LIMITS, resolveZmtpLimits } from "./limits.ts";

Deno.test("resolveZmtpLimits() fills in the defaults", () => {
  const limits = resolveZmtpLimits({ partsMax: 7 });
  equal(limits.partsMax, 7);
  equal(limits.frameBytesMax, DEFAULT_ZMTP_LIMITS.frameBytesMax);
});

Deno.test("resolveZmtpLimits() refuses limits that make no sense", () => {
  for (const partsMax of [0, -1, 1.5, NaN, Infinity]) {
    throws(() => resolveZmtpLimits({ partsMax }), RangeError);
  }
  throws(() => resolveZmtpLimits({ messageBytesMax: 10 }), /frameBytesMax/);
});
