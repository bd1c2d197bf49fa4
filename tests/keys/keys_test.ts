import assert from "node:assert/strict";
import { AuthenticationError, connect } from "../../mod.ts";
import {
  eventually,
  type IppdEnd,
  type IppdProcess,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

interface Site extends AsyncDisposable {
  /** The folder of everything. */
  readonly folder: string;
  /** The connection file that every cluster has. */
  readonly clientFile: string;
  /** The controller. */
  readonly controller: IppdProcess;
  /** Runs `ippd keys`, which must succeed; gives what it prints. */
  keys(...words: string[]): Promise<string>;
  /** Makes a key; gives the path of its connection file. */
  newKey(role: string, name: string, ...more: string[]): Promise<string>;
  /** Starts an engine with a connection file. */
  engine(file: string): Promise<IppdProcess>;
}

/** A controller, and what people do with its keys. */
async function startSite(folder: string): Promise<Site> {
  const stack = new AsyncDisposableStack();
  const { process, clientFile } = await startController(folder);
  stack.use(process);
  const keys = async (...words: string[]): Promise<string> => {
    const end = await runIppd(folder, "keys", ...words);
    assert.equal(end.code, 0, end.stderr);
    return end.stdout;
  };
  return {
    folder,
    clientFile,
    controller: process,
    keys,
    async newKey(role, name, ...more) {
      const said = await keys("new", "--role", role, "--name", name, ...more);
      const [, file = ""] = /^(.+): key of /.exec(said) ?? [];
      await process.says(new RegExp(`key allowed name=${name} `));
      return file;
    },
    async engine(file) {
      const engine = startIppd(folder, "engine", "--connect", file);
      stack.use(engine);
      await engine.says(/slot|registered|ready|engine/);
      return engine;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function refusedStatus(folder: string, file: string): Promise<IppdEnd> {
  return await runIppd(folder, "status", "--connect", file);
}

interface AuditLine {
  readonly act: string;
  readonly name?: string;
  readonly count: number;
  readonly seenBy: string;
}

Deno.test("a key of one's own: made, used, seen, revoked, while others work", async (t) => {
  await withIppdDir(async (folder) => {
    await using site = await startSite(folder);
    const alicesFile = await site.newKey("client", "alice");
    const rackFile = await site.newKey("engine", "rack7");
    await site.engine(rackFile);
    await using other = await connect(site.clientFile);
    await other.waitForEngines(1);
    const alice = await connect(alicesFile);
    await alice.waitForEngines(1);
    assert.equal(await alice.at(0).apply((n: number) => n + 1, 41), 42);
    await t.step("status and list name the keys", async () => {
      const { clientKeys, processes } = await other.status();
      assert.deepEqual(
        [...clientKeys ?? []].sort((a, b) => a.name < b.name ? -1 : 1),
        [{ name: "alice", clients: 1 }, { name: "client", clients: 1 }],
      );
      const engine = processes.find(({ role }) => role === "engine");
      assert.equal(engine?.key, "rack7");
      assert.match(await site.keys("list"), /^alice +client +[0-9a-f]{4}-/m);
    });
    await t.step(
      "revoked, it ends at once and its work is given up",
      async () => {
        const long = alice.loadBalancedView().apply(() =>
          new Promise(() => {})
        );
        const work = other.loadBalancedView().map(
          async (n: number) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            return n * n;
          },
          Array.from({ length: 50 }, (_, index) => index),
        );
        await site.keys("revoke", "alice");
        await assert.rejects(async () => await long, AuthenticationError);
        assert.deepEqual(
          await work,
          Array.from({ length: 50 }, (_, index) => index * index),
        );
        await alice.close();
        const { code, stderr } = await refusedStatus(folder, alicesFile);
        assert.equal(code, 7, stderr);
        assert.equal((await other.status()).clients, 1);
      },
    );
    await t.step("the record has it all", async () => {
      const acts = async (): Promise<string[]> => {
        const said = await site.keys("audit", "-o", "json", "--key", "alice");
        const lines: readonly AuditLine[] = JSON.parse(said);
        return lines.map(({ act, seenBy }) => `${act} ${seenBy}`);
      };
      const wanted = [
        "allowed hub",
        "connected hub",
        "connected scheduler",
        "ran scheduler",
        "revoked hub",
        "refused hub",
      ];
      let seen: string[] = [];
      const isComplete = async (): Promise<boolean> => {
        seen = await acts();
        return wanted.every((act) => seen.includes(act));
      };
      assert.ok(await eventually(isComplete), seen.join("; "));
    });
  });
});

Deno.test("whoever is revoked hears it as AuthenticationError, whatever they wait for", async () => {
  await withIppdDir(async (folder) => {
    await using site = await startSite(folder);
    await site.engine(await site.newKey("engine", "rack7"));
    for (let round = 0; round < 5; round++) {
      const file = await site.newKey("client", `person-${round}`);
      await using client = await connect(file);
      await client.waitForEngines(1);
      const view = client.loadBalancedView();
      const waiting = [
        view.apply(() => new Promise(() => {})),
        view.map((n: number) => new Promise(() => n), [1, 2, 3]),
        client.waitForEngines(99, { timeoutMs: 60_000 }),
      ].map(async (one) => {
        await one;
      });
      const ends = Promise.allSettled(waiting);
      await site.keys("revoke", `person-${round}`);
      for (const end of await ends) {
        assert.ok(end.status === "rejected");
        assert.ok(isRefused(end.reason), String(end.reason));
      }
      assert.throws(() => view.apply(() => 1), AuthenticationError);
      await assert.rejects(client.status(), AuthenticationError);
    }
  });
});

/** Several tasks fail together. */
function isRefused(error: unknown): boolean {
  return error instanceof AuthenticationError ||
    error instanceof AggregateError && error.errors.every(isRefused);
}

Deno.test("a key in the place of another: the old one ends, others go on", async () => {
  await withIppdDir(async (folder) => {
    await using site = await startSite(folder);
    const rackFile = await site.newKey("engine", "rack7");
    const stayFile = await site.newKey("engine", "rack8");
    const engine = await site.engine(rackFile);
    await using client = await connect(site.clientFile);
    await client.waitForEngines(1);
    const [first] = client.ids;
    assert.ok(first !== undefined);
    await site.engine(stayFile);
    await client.waitForEngines(2);
    const staying = client.ids.find((id) => id !== first);
    assert.ok(staying !== undefined);
    const gate = client.directView([staying]).apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return "kept";
    });
    const lost = client.directView([first]).apply(() => new Promise(() => {}));
    const again = await site.newKey("engine", "rack7", "--replace");
    assert.equal(again, rackFile);
    await assert.rejects(async () => await lost, (error) => {
      assert.match(String(error), /its key was revoked/);
      return true;
    });
    assert.equal((await engine.ended()).code, 7);
    await site.engine(rackFile);
    await client.waitForEngines(2);
    assert.deepEqual(await gate, ["kept"]);
    assert.deepEqual(
      (await client.directView().apply(() => "well")).length,
      2,
    );
  });
});

Deno.test("the keys that every cluster has can be rotated in place", async () => {
  await withIppdDir(async (folder) => {
    await using site = await startSite(folder);
    const old = await connect(site.clientFile);
    const file = await site.newKey("client", "client", "--replace");
    assert.equal(file, site.clientFile);
    await using fresh = await connect(site.clientFile);
    assert.equal((await fresh.status()).clients, 1);
    await assert.rejects(() => old.status());
    await old.close();
    assert.equal((await site.controller.end("SIGTERM")).code, 0);
    await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
  });
});

Deno.test("a read-only key can look and nothing else", async () => {
  await withIppdDir(async (folder) => {
    await using site = await startSite(folder);
    const bobsFile = await site.newKey("client-readonly", "bob");
    await using worker = await connect(site.clientFile);
    await using bob = await connect(bobsFile);
    assert.equal((await bob.status()).clients, 2);
    await assert.rejects(() => bob.shutdown({ hub: true }));
    await assert.rejects(() => bob.interrupt());
    assert.equal((await worker.status()).clients, 2);
  });
});

Deno.test("ippd keys says what it cannot do", async () => {
  await withIppdDir(async (folder) => {
    const keys = (...words: string[]): Promise<IppdEnd> =>
      runIppd(folder, "keys", ...words);
    const none = await keys("new", "--role", "client", "--name", "alice");
    assert.equal(none.code, 3);
    assert.match(none.stderr, /none runs here, .* start ippd controller/);
    const half = await keys("new", "--role", "client");
    assert.equal(half.code, 2);
    const unknown = await keys("revoke", "nobody");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /no key on the list/);
    await using site = await startSite(folder);
    await site.newKey("client", "alice");
    const twice = await keys("new", "--role", "client", "--name", "alice");
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /there is one \(client [0-9a-f-]+\)/);
    const kept = await keys("new", "--role", "client", "--name", "engine");
    assert.equal(kept.code, 2);
    const list = `${folder}/default/security/keys.json`;
    await Deno.chmod(list, 0o644);
    const open = await keys("list");
    assert.equal(open.code, 4);
    assert.match(open.stderr, /chmod 600/);
  });
});
