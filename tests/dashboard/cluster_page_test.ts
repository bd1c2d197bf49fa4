import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import {
  eventually,
  startDashboard,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

/** The dashboard of a controller, as its own address opens it. */
class Page {
  readonly #origin: string;
  readonly #cookie: string;

  private constructor(origin: string, cookie: string) {
    this.#origin = origin;
    this.#cookie = cookie;
  }

  static async open(file: string): Promise<Page> {
    const address = (await Deno.readTextFile(file)).trim();
    const response = await fetch(address, { redirect: "manual" });
    await response.body?.cancel();
    const cookie = response.headers.get("set-cookie") ?? "";
    return new Page(new URL(address).origin, cookie.split(";")[0] ?? "");
  }

  // What comes is looked at field by field by those who ask.
  // deno-lint-ignore no-explicit-any
  async get(path: string): Promise<any> {
    const response = await fetch(this.#origin + path, {
      headers: { cookie: this.#cookie },
    });
    return path === "/metrics" ? await response.text() : await response.json();
  }

  async post(path: string, body: unknown): Promise<number> {
    const response = await fetch(this.#origin + path, {
      method: "POST",
      headers: { cookie: this.#cookie, "x-ippd-action": "1" },
      body: JSON.stringify(body),
    });
    await response.body?.cancel();
    return response.status;
  }
}

Deno.test("ippd controller --dashboard shows its cluster, its tasks and its logs, and acts", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile, pageFile } = await startDashboard(
      folder,
    );
    await using _controller = process;
    assert.equal(((await Deno.stat(pageFile)).mode ?? 0) & 0o777, 0o600);
    const page = await Page.open(pageFile);
    await using _engine = startIppd(folder, "engine", "--connect", engineFile);
    await using client = await connect(clientFile);
    await client.waitForEngines(1, { timeoutMs: 20_000 });
    const view = client.loadBalancedView().with({ label: "sweep-1" });
    await view.apply(function cube(x: number) {
      return x ** 3;
    }, 3);
    await assert.rejects(async () =>
      await view.apply(() => {
        throw new RangeError("too far");
      })
    );
    const status = await page.get("/api/status");
    assert.deepEqual(
      status.processes.map(({ role }: { role: string }) => role),
      ["hub", "scheduler", "engine"],
    );
    const filter = encodeURIComponent('{"label":{"$glob":"sweep-*"}}');
    const { tasks, total } = await page.get(`/api/tasks?filter=${filter}`);
    assert.equal(total, 2);
    assert.deepEqual(
      tasks.map(({ status }: { status: string }) => status).sort(),
      ["error", "ok"],
    );
    const failed = tasks.find((task: { status: string }) =>
      task.status === "error"
    );
    const details = await page.get(`/api/task?id=${failed.id}`);
    assert.match(JSON.stringify(details.error), /too far/);
    const wrong = encodeURIComponent('{"lable":1}');
    const refused = await page.get(`/api/tasks?filter=${wrong}`);
    assert.match(refused.message, /lable.*label/);
    assert.match(await page.get("/metrics"), /^ippd_engines\{[^}]*\} 1$/m);
    assert.equal(await page.post("/api/scale", { engines: 2 }), 502);
    assert.equal(await page.post("/api/stop", { targets: [0] }), 200);
    assert.ok(await eventually(() => Promise.resolve(client.ids.length === 0)));
  });
});
