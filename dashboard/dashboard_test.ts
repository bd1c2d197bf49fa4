import assert from "node:assert/strict";
import { BODY_BYTES_MAX, Dashboard, PAGE_TASKS_MAX } from "./dashboard.ts";
import { STREAM_QUEUE_MAX, STREAMS_MAX } from "./event_streams.ts";
import { EventStreams } from "./event_streams.ts";
import { LOAD_SAMPLES_MAX, LoadHistory } from "./load_history_state.ts";
import { FakeSource } from "./source_fixture_test.ts";

/** A browser that has entered. */
class Browser {
  readonly #origin: string;
  readonly #cookie: string;

  private constructor(origin: string, cookie: string) {
    this.#origin = origin;
    this.#cookie = cookie;
  }

  static async enter(dashboard: Dashboard): Promise<Browser> {
    const response = await fetch(dashboard.url, { redirect: "manual" });
    await response.body?.cancel();
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/");
    const cookie = response.headers.get("set-cookie") ?? "";
    assert.match(cookie, /HttpOnly; SameSite=Strict/);
    return new Browser(
      new URL(dashboard.url).origin,
      cookie.split(";")[0] ?? "",
    );
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.#origin + path, {
      headers: { cookie: this.#cookie, ...headers },
    });
  }

  post(
    path: string,
    body: string,
    headers: Record<string, string> = { "x-ippd-action": "1" },
  ): Promise<Response> {
    return fetch(this.#origin + path, {
      method: "POST",
      headers: { cookie: this.#cookie, ...headers },
      body,
    });
  }
}

async function withDashboard(
  run: (dashboard: Dashboard, source: FakeSource) => Promise<void>,
): Promise<void> {
  const source = new FakeSource(4, 50);
  await using dashboard = new Dashboard({ source, intervalMs: 20 });
  await run(dashboard, source);
}

Deno.test("Dashboard shows nothing without its token", async () => {
  await withDashboard(async (dashboard) => {
    const { origin } = new URL(dashboard.url);
    const token = new URL(dashboard.url).searchParams.get("token") ?? "";
    for (
      const path of [
        "/",
        "/app.js",
        "/app.css",
        "/api/status",
        "/events",
        "/metrics",
        "/?token=wrong",
        `/?token=${token.slice(0, -1)}0x`,
      ]
    ) {
      const response = await fetch(origin + path, { redirect: "manual" });
      assert.equal(response.status, 401, path);
      assert.match(await response.text(), /its token/);
    }
    const bearer = await fetch(`${origin}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(bearer.status, 200);
    assert.match(await bearer.text(), /^ippd_engines\{cluster="demo"\} 4$/m);
  });
});

Deno.test("Dashboard serves the page with a strict content security policy", async () => {
  await withDashboard(async (dashboard) => {
    const browser = await Browser.enter(dashboard);
    for (const path of ["/", "/app.css", "/app.js"]) {
      const response = await browser.get(path);
      assert.equal(response.status, 200);
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self';/);
      assert.ok((await response.text()).length > 200, path);
    }
  });
});

Deno.test("Dashboard refuses names that are not its own and actions without the header", async () => {
  await withDashboard(async (dashboard, source) => {
    const browser = await Browser.enter(dashboard);
    const elsewhere = await browser.post("/api/stop", '{"targets":[1]}', {});
    assert.equal(elsewhere.status, 401);
    await elsewhere.body?.cancel();
    assert.deepEqual(source.done, []);
  });
});

Deno.test("Dashboard acts, and says what prevents it", async () => {
  await withDashboard(async (dashboard, source) => {
    const browser = await Browser.enter(dashboard);
    const status = async (path: string, body: string): Promise<number> => {
      const response = await browser.post(path, body);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status("/api/interrupt", '{"targets":[1,2]}'), 200);
    assert.equal(await status("/api/scale", '{"engines":8}'), 200);
    assert.equal(await status("/api/scale", '{"engines":-1}'), 400);
    assert.equal(await status("/api/stop", '{"targets":"all"}'), 400);
    assert.equal(await status("/api/stop", "{"), 400);
    assert.equal(await status("/api/nothing", "{}"), 404);
    assert.equal(await status("/api/stop", '{"targets":[13]}'), 502);
    const long = JSON.stringify({
      targets: [],
      pad: "x".repeat(BODY_BYTES_MAX),
    });
    assert.equal(await status("/api/stop", long), 400);
    assert.deepEqual(source.done, ["interrupt 1,2", "scale 8"]);
  });
});

Deno.test("Dashboard lists tasks by filter and page, and refuses wrong questions", async () => {
  await withDashboard(async (dashboard) => {
    const browser = await Browser.enter(dashboard);
    const filter = encodeURIComponent('{"status":"error"}');
    const page = await browser.get(
      `/api/tasks?filter=${filter}&limit=2&skip=1`,
    );
    const { tasks, total } = await page.json();
    assert.equal(total, 5);
    assert.deepEqual(tasks.map(({ id }: { id: string }) => id), [
      "c-39",
      "c-29",
    ]);
    for (
      const query of [
        `limit=${PAGE_TASKS_MAX + 1}`,
        "skip=-1",
        "filter=[]",
        "filter=x",
        `filter=${encodeURIComponent('{"nonsense":1}')}`,
      ]
    ) {
      const response = await browser.get(`/api/tasks?${query}`);
      assert.equal(response.status, 400, query);
      assert.match((await response.json()).message, /^Cannot /);
    }
    const one = await browser.get("/api/task?id=c-3");
    assert.equal((await one.json()).label, "sweep-3");
    const none = await browser.get("/api/task?id=c-999");
    assert.equal(none.status, 404);
    await none.body?.cancel();
    const stack = await browser.get("/api/stack?engines=1,2");
    assert.equal((await stack.json()).length, 2);
    const logs = await browser.get("/api/logs");
    assert.equal((await logs.json())[0].name, "engine-7");
  });
});

Deno.test("Dashboard streams statuses, and trouble when there is some", async () => {
  await withDashboard(async (dashboard, source) => {
    const browser = await Browser.enter(dashboard);
    const response = await browser.get("/events");
    const reader = response.body?.pipeThrough(new TextDecoderStream())
      .getReader();
    assert.ok(reader);
    let text = "";
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(text)) {
        const { value, done } = await reader.read();
        assert.ok(!done, text);
        text += value;
      }
    };
    await until(/event: status\ndata: \{"status":.*"finishedPerSecond":[1-9]/);
    source.trouble = new Error("the hub is away");
    await until(/event: trouble\ndata: \{"message":"the hub is away"\}/);
    await reader.cancel();
  });
});

Deno.test("EventStreams lets go of a browser that does not read, and bounds their number", async () => {
  const streams = new EventStreams();
  const responses = Array.from(
    { length: STREAMS_MAX },
    () => streams.open({}),
  );
  assert.equal(streams.open({}).status, 503);
  for (let event = 0; event <= STREAM_QUEUE_MAX; event++) {
    streams.send("status", event);
  }
  assert.equal(streams.size, 0);
  // What was sent before is still there for the slow.
  const text = await responses[0]?.text() ?? "";
  assert.equal(text.split("event: status").length - 1, STREAM_QUEUE_MAX);
  for (const response of responses.slice(1)) await response.body?.cancel();
});

Deno.test("LoadHistory counts per second and forgets the oldest", async () => {
  const history = new LoadHistory();
  const source = new FakeSource(1, 0);
  for (let second = 0; second < LOAD_SAMPLES_MAX + 5; second++) {
    history.add(await source.status(), second * 2_000);
  }
  assert.equal(history.samples.length, LOAD_SAMPLES_MAX);
  assert.equal(history.samples[0]?.atMs, 10_000);
  assert.equal(history.samples.at(-1)?.finishedPerSecond, 50);
  assert.equal(history.samples.at(-1)?.queued, 17);
});
