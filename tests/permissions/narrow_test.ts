import assert from "node:assert/strict";
import {
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

const PROGRAM = new URL("narrow_program.ts", import.meta.url).pathname;

Deno.test("a client of a running cluster needs --allow-net and --allow-read", () =>
  withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using controller = process;
    await using first = startIppd(folder, "engine", "--connect", engineFile);
    await using second = startIppd(folder, "engine", "--connect", engineFile);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--no-check", "--allow-net", "--allow-read"],
        ...[PROGRAM, clientFile],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    const [results = "", granted, found] = text.decode(stdout).split("\n");
    assert.deepEqual(JSON.parse(results), [
      [42, 42],
      [41, 41],
      [40, 40],
      [1, 4, 9],
      1 << 20,
      "RangeError",
      [1, 2],
      1,
    ]);
    // What was not granted was not there to be used.
    assert.equal(granted, "net read");
    assert.match(
      found ?? "",
      /^ConnectionError: Cannot find the running cluster: .* name the connection file, or allow --allow-env$/,
    );
    assert.equal(text.decode(stderr), "");
    await Promise.all([first, second, controller].map((one) => one.end()));
  }));
