/**
 * The command line: every subcommand, its help, its exit codes and its JSON.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { selfCommand } from "../../cluster/process/mod.ts";
import {
  eventually,
  IppdProcess,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

const COMMANDS: readonly string[] = [
  ...["controller", "engine", "hub", "scheduler", "cluster", "cluster start"],
  ...["cluster stop", "cluster list", "cluster engines", "cluster scale"],
  ...["cluster restart", "cluster clean", "keys", "keys new", "keys show"],
  ...["keys list", "keys revoke", "status", "top", "logs", "tasks", "run"],
  ...["console", "dashboard", "config", "completions"],
];

/** Colours and other codes of terminals. */
// deno-lint-ignore no-control-regex -- they begin with a control character
const TERMINAL_CODE = /\x1b\[/;

Deno.test("ippd explains each subcommand with an example", async (t) => {
  await withIppdDir(async (folder) => {
    const help = await runIppd(folder, "--help");
    assert.equal(help.code, 0);
    for (const name of COMMANDS) {
      await t.step(name, async () => {
        const words = name.split(" ");
        const { code, stdout, stderr } = await runIppd(
          folder,
          ...words,
          "--help",
        );
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`^Usage: ippd ${name}\\b`));
        const [, example = ""] = stdout.split("\nExample:\n");
        assert.match(example, new RegExp(`^  ippd ${words[0]}\\b`), stdout);
        if (words.length === 1) {
          assert.match(help.stdout, new RegExp(`^  ${name}\\b`, "m"));
        }
      });
    }
    await t.step("a flag that is not known, with what was meant", async () => {
      for (const name of ["status", "controller", "engine", "tasks", "logs"]) {
        const end = await runIppd(folder, name, "--profil", "x");
        assert.equal(end.code, 2);
        assert.match(
          end.stderr,
          /^ippd: Cannot read the command line: unknown option '--profil' \(Did you mean --profile\?\); see ippd \w+ --help\n$/,
        );
      }
    });
    await t.step("without words it says what there is", async () => {
      const end = await runIppd(folder, "");
      assert.equal(end.code, 2);
      assert.doesNotMatch(end.stderr, /\n\s+at /);
    });
  });
});

Deno.test("ippd lists everything in JSON as well", async (t) => {
  await withIppdDir(async (folder) => {
    const { process, engineFile } = await startController(folder);
    await using _controller = process;
    await using engine = startIppd(
      folder,
      ...["engine", "--connect", engineFile, "--label", "rack=b7"],
      ...["--resource", "gpu=1", "--id", "4", "--slots", "2"],
    );
    const json = async (...words: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await runIppd(
        folder,
        ...words,
        "-o",
        "json",
      );
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const text = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runIppd(folder, ...words);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.ok(
      await eventually(async () =>
        JSON.stringify(await json("status")).includes('"engine"')
      ),
    );
    await t.step("status", async () => {
      const shown = JSON.stringify(await json("status"));
      assert.match(shown, new RegExp(`"pid":${engine.pid}`));
      assert.match(await text("status"), /^engine +4 .* 2 /m);
    });
    await t.step("tasks", async () => {
      assert.deepEqual(await json("tasks", "--query", "{}"), []);
      const wrong = await runIppd(folder, "tasks", "--query", "{");
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /^ippd: Cannot [^\n]*JSON[^\n]*\n$/);
    });
    await t.step("keys", async () => {
      const listed = JSON.stringify(await json("keys", "list"));
      assert.match(listed, /"role":"engine"/);
      const shown = JSON.stringify(await json("keys", "show"));
      assert.match(shown, /fingerprint/);
      assert.doesNotMatch(shown, /secret/i);
    });
    await t.step("clusters and configuration", async () => {
      assert.ok(Array.isArray(await json("cluster", "list")));
      assert.ok(Array.isArray(await json("config", "show")));
    });
    await t.step("top, once", async () => {
      assert.match(await text("top", "--once"), /\b4\b/);
    });
    await t.step("logs", async () => {
      const { code, stderr } = await runIppd(folder, "logs", "engine");
      assert.equal(code, 1);
      assert.match(stderr, /has no file with engine in its name; [^\n]*\n$/);
    });
    await t.step("keys made, used and revoked", async () => {
      const file = join(folder, "alice.json");
      await text(
        ...["keys", "new", "--role", "client-readonly"],
        ...["--name", "alice", "--out", file],
      );
      assert.match(await text("status", "--connect", file), /alice/);
      await text("keys", "revoke", "alice");
      // The hub looks at the list every now and then.
      const isRefused = async (): Promise<boolean> =>
        (await runIppd(folder, "status", "--connect", file)).code === 7;
      assert.ok(await eventually(isRefused));
    });
  });
});

Deno.test("ippd writes no colours where nobody sees them", async () => {
  await withIppdDir(async (folder) => {
    const { process } = await startController(folder);
    await using _controller = process;
    for (const name of ["status", "top"]) {
      const words = name === "top" ? ["--once"] : [];
      const { stdout, stderr } = await runIppd(folder, name, ...words);
      assert.doesNotMatch(stdout + stderr, TERMINAL_CODE);
    }
  });
});

/** Runs `ippd` on a terminal of its own, by the program `script`. */
async function onTerminal(
  folder: string,
  environment: string,
  ...words: readonly string[]
): Promise<string> {
  const [program = "", ...args] = selfCommand(words[0] ?? "", words.slice(1));
  const line = `${environment} ${[program, ...args].join(" ")}`;
  const process = new IppdProcess(
    ["script", "-qec", line, "/dev/null"],
    folder,
  );
  await using _process = process;
  return (await process.ended()).stdout;
}

const HAS_SCRIPT = Deno.build.os === "linux" &&
  ["/usr/bin/script", "/bin/script"].some((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

Deno.test({
  name: "ippd respects NO_COLOR on a terminal",
  ignore: !HAS_SCRIPT,
  async fn() {
    await withIppdDir(async (folder) => {
      const program = join(folder, "bar.ts");
      await Deno.writeTextFile(
        program,
        `import { connect } from "@ippd/ippd";
         await using client = await connect();
         const result = client.directView().execute("1");
         await result.showProgress();
         console.log("value", await result);`,
      );
      const said = await onTerminal(
        folder,
        "NO_COLOR=1",
        ...["run", program, "-n", "1"],
      );
      assert.match(said, /1\/1/);
      // deno-lint-ignore no-control-regex -- they begin with one
      assert.doesNotMatch(said, /\x1b\[[0-9;]*m/);
    });
  },
});

Deno.test("ippd prints a stack trace with --debug, and only then", async () => {
  await withIppdDir(async (folder) => {
    const plain = await runIppd(folder, "status");
    assert.equal(plain.code, 3);
    assert.equal(plain.stderr.trimEnd().split("\n").length, 1);
    const debug = await runIppd(folder, "status", "--debug");
    assert.equal(debug.code, 3);
    assert.match(debug.stderr, /\n\s+at /);
  });
});

Deno.test("ippd engine takes what it must know from the environment", async () => {
  await withIppdDir(async (folder) => {
    const { process, engineFile } = await startController(folder);
    await using _controller = process;
    const info = await Deno.readTextFile(engineFile);
    const [program = "", ...args] = selfCommand("engine", []);
    await using _engine = new IppdProcess(
      ["env", `IPPD_CONNECTION_INFO=${info}`, program, ...args],
      folder,
    );
    await process.says(/engine registers/);
  });
});
