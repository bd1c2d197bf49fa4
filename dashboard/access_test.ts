import assert from "node:assert/strict";
import { cookieFor, judge, makeToken } from "./access.ts";

const TOKEN = "a".repeat(48);
const HOSTS = new Set(["127.0.0.1:8000", "localhost:8000"]);

interface Case {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function verdict({ method = "GET", path = "/", headers = {} }: Case): string {
  return judge(
    {
      method,
      url: new URL(path, "http://127.0.0.1:8000"),
      headers: new Headers({ host: "127.0.0.1:8000", ...headers }),
    },
    TOKEN,
    HOSTS,
  );
}

Deno.test("judge lets in whoever has the token, once in the address, then as a cookie", () => {
  const cookie = cookieFor(TOKEN);
  const action = { "x-ippd-action": "1" };
  const table: readonly (readonly [Case, string])[] = [
    [{}, "refuse"],
    [{ path: `/?token=${TOKEN}` }, "enter"],
    [{ path: `/?token=${TOKEN}`, method: "POST" }, "refuse"],
    [{ path: `/?token=${TOKEN}a` }, "refuse"],
    [{ path: "/?token=" }, "refuse"],
    [{ headers: { cookie } }, "allow"],
    [{ headers: { cookie: `other=1; ${cookie}` } }, "allow"],
    [{ headers: { cookie: "ippd_dashboard=b" } }, "refuse"],
    [{ headers: { authorization: `Bearer ${TOKEN}` } }, "allow"],
    [{ headers: { authorization: `Basic ${TOKEN}` } }, "refuse"],
    [{ method: "POST", headers: { cookie } }, "refuse"],
    [{ method: "POST", headers: { cookie, ...action } }, "allow"],
    [{ method: "DELETE", headers: { cookie, ...action } }, "refuse"],
    [{ headers: { cookie, host: "evil.example:8000" } }, "refuse"],
    [{ headers: { cookie, host: "LOCALHOST:8000" } }, "allow"],
  ];
  for (const [request, expected] of table) {
    assert.equal(verdict(request), expected, JSON.stringify(request));
  }
});

Deno.test("makeToken writes all of its random bytes", () => {
  assert.equal(makeToken((bytes) => void bytes.fill(0xab)), "ab".repeat(24));
});
