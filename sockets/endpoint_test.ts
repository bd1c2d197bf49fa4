import { deepEqual, equal, throws } from "node:assert/strict";
import { addressHost, parseEndpoint, tcpEndpoint } from "./endpoint.ts";

Deno.test("parseEndpoint() reads the three kinds", () => {
  const tcp = (hostname: string, port: number) => ({
    kind: "tcp",
    hostname,
    port,
  });
  deepEqual(parseEndpoint("tcp://127.0.0.1:80"), tcp("127.0.0.1", 80));
  deepEqual(parseEndpoint("tcp://node-7.site:0"), tcp("node-7.site", 0));
  deepEqual(parseEndpoint("tcp://*:*"), tcp("0.0.0.0", 0));
  deepEqual(parseEndpoint("tcp://[::1]:65535"), tcp("::1", 65_535));
  deepEqual(parseEndpoint("tcp://[fe80::1%eth0]:1"), tcp("fe80::1%eth0", 1));
  deepEqual(parseEndpoint("ipc:///tmp/a b"), { kind: "ipc", path: "/tmp/a b" });
  deepEqual(parseEndpoint("inproc://x"), { kind: "inproc", name: "x" });
});

Deno.test("parseEndpoint() refuses everything else", () => {
  const wrong = [
    "",
    "tcp",
    "tcp://",
    "tcp://host",
    "tcp://host:",
    "tcp://host:70000",
    "tcp://host:1x",
    "tcp://::1:5",
    "tcp://a/b:5",
    "udp://host:1",
    "ipc://relative",
    `ipc:///${"x".repeat(107)}`,
    "inproc://",
    "constructor://x",
  ];
  for (const endpoint of wrong) {
    throws(() => parseEndpoint(endpoint), {
      name: "SyntaxError",
      message: /^Cannot use endpoint "/,
    });
  }
});

Deno.test("tcpEndpoint() puts IPv6 addresses in brackets", () => {
  equal(tcpEndpoint("::1", 5), "tcp://[::1]:5");
  equal(tcpEndpoint("10.0.0.1", 5), "tcp://10.0.0.1:5");
});

Deno.test("addressHost() leaves out the port", () => {
  equal(addressHost("tcp://[::1]:5"), "tcp://[::1]");
  equal(addressHost("tcp://10.0.0.1:5"), "tcp://10.0.0.1");
  equal(addressHost("ipc:///a:b"), "ipc:///a:b");
});
