/**
 * Workers on engines, on real engines.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  EngineLostError,
  RemoteWorker,
  type WorkerClient,
  type WorkerTarget,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";
import { until } from "./waiting.ts";

declare function postMessage(value: unknown, transfer?: ArrayBuffer[]): void;
declare function close(): void;

/** A worker with everything that it has said. */
class Heard {
  readonly worker: RemoteWorker;
  readonly messages: unknown[] = [];
  readonly errors: Error[] = [];

  constructor(
    target: WorkerTarget | WorkerClient,
    source: URL | string | (() => unknown),
    name = "",
  ) {
    this.worker = new RemoteWorker(target, source, { name });
    this.worker.onmessage = (event) => this.messages.push(event.data);
    this.worker.addEventListener("error", (event) => {
      assert.ok(event instanceof ErrorEvent);
      this.errors.push(event.error);
    });
  }

  async count(messages: number): Promise<unknown[]> {
    await until(() =>
      this.messages.length >= messages || this.errors.length > 0
    );
    assert.deepEqual(this.errors, []);
    return this.messages;
  }
}

Deno.test("RemoteWorker is a worker on an engine", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const one = client.at(0);

    await t.step("the text of a script", async () => {
      const heard = new Heard(
        one,
        `
        let count = 0;
        const secret = "not in the namespace";
        onmessage = ({ data }) => postMessage([data, ++count, self === globalThis]);
        `,
      );
      await using worker = heard.worker;
      worker.postMessage({ a: 1 });
      worker.postMessage(new Map([["k", 1n]]));
      assert.deepEqual(await heard.count(2), [
        [{ a: 1 }, 1, true],
        [new Map([["k", 1n]]), 2, true],
      ]);
      worker.terminate();
      await worker.ended;
      assert.deepEqual(heard.errors, []);
      assert.deepEqual(
        await one.execute(`[typeof secret, typeof onmessage, typeof count]`),
        ["undefined", "undefined", "undefined"],
      );
    });

    await t.step("a function", async () => {
      const heard = new Heard(client, () => {
        postMessage("started");
        postMessage("then closed");
        close();
      });
      await heard.worker.ended;
      assert.deepEqual(heard.messages, ["started", "then closed"]);
      assert.deepEqual(heard.errors, []);
      // What is said to a worker that has ended is not heard by anyone.
      heard.worker.postMessage("late");
    });

    await t.step("the URL of a script with types and imports", async () => {
      const url = new URL("./worker_fixture.ts", import.meta.url);
      const heard = new Heard(one, url, "helper");
      await using worker = heard.worker;
      worker.postMessage("this");
      assert.deepEqual(await heard.count(1), ["heard this by helper"]);
    });

    await t.step("buffers move", async () => {
      const heard = new Heard(
        one,
        `onmessage = ({ data }) => postMessage(data, [data.buffer]);`,
      );
      await using worker = heard.worker;
      const bytes = new Uint8Array(1 << 20).fill(7);
      worker.postMessage(bytes, [bytes.buffer]);
      assert.equal(bytes.byteLength, 0);
      const [back] = await heard.count(1);
      assert.deepEqual(back, new Uint8Array(1 << 20).fill(7));
      assert.throws(() => worker.postMessage({ f: () => 1 }), TypeError);
    });

    await t.step("errors of listeners are events, and it goes on", async () => {
      const heard = new Heard(
        one,
        `
        onmessage = ({ data }) => {
          if (data === "bad") throw new RangeError("no " + data);
          postMessage(data);
        };
        `,
      );
      await using worker = heard.worker;
      worker.postMessage("bad");
      worker.postMessage("good");
      await until(() => heard.messages.length === 1);
      const [error] = heard.errors;
      assert.equal(heard.errors.length, 1);
      assert.equal(error?.name, "RangeError");
      assert.equal(error?.message, "no bad");
    });

    await t.step("errors of the script are an event and its end", async () => {
      for (const source of [`throw new Error("at once")`, `not a script`]) {
        const heard = new Heard(one, source);
        await heard.worker.ended;
        assert.equal(heard.errors.length, 1);
        assert.match(String(heard.errors[0]), /at once|SyntaxError/);
      }
      const missing = new Heard(one, new URL("./missing.ts", import.meta.url));
      await missing.worker.ended;
      assert.equal(missing.errors.length, 1);
    });

    await t.step("terminate stops a busy worker", async () => {
      // What it posts leaves when its code waits.
      const heard = new Heard(
        one,
        `postMessage("busy"); setTimeout(() => { for (;;); }, 50);`,
      );
      await heard.count(1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      heard.worker.terminate();
      await heard.worker.ended;
      assert.deepEqual(heard.errors, []);
      assert.equal(await one.apply(() => "free"), "free");
    });

    await t.step("terminate stops one that has not started", async () => {
      const first = new Heard(one, `postMessage("here")`);
      await first.count(1);
      const second = new Heard(one, `postMessage("never")`);
      second.worker.terminate();
      first.worker.terminate();
      await Promise.all([first.worker.ended, second.worker.ended]);
      assert.deepEqual(second.messages, []);
      assert.deepEqual(second.errors, []);
    });

    await t.step("a lost engine is an error and the end", async () => {
      const heard = new Heard(client.at(1), `postMessage("here")`);
      await heard.count(1);
      const pid = client.engines.at(-1)?.pid;
      assert.ok(pid !== undefined);
      Deno.kill(pid, "SIGKILL");
      await heard.worker.ended;
      assert.equal(heard.errors.length, 1);
      assert.ok(heard.errors[0] instanceof EngineLostError);
    });
  });
});
