import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import {
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "./ippd_process.ts";

/** A debugger: the calls and events of the DevTools protocol. */
class Debugger implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (value: unknown) => void>();
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, method, result, params } = JSON.parse(data);
      this.#waiting.get(method ?? `${id}`)?.(result ?? params);
    };
  }

  static async attach(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Debugger(socket);
  }

  // deno-lint-ignore no-explicit-any -- the protocol has hundreds of types
  event(method: string): Promise<any> {
    return new Promise((resolve) => this.#waiting.set(method, resolve));
  }

  // deno-lint-ignore no-explicit-any -- the protocol has hundreds of types
  call(method: string, params: unknown = {}): Promise<any> {
    const id = ++this.#calls;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return this.event(`${id}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }
}

Deno.test("ippd inspect lets a debugger stop an engine's code, look, and go on", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using _controller = process;
    await using engine = startIppd(folder, "engine", "--connect", engineFile);
    await engine.says(/engine ready/);
    const { code, stdout, stderr } = await runIppd(
      ...[folder, "inspect", "0", "-o", "json"] as const,
    );
    assert.equal(code, 0, stderr);
    const { slots } = JSON.parse(stdout);
    assert.equal(slots.length, 1);
    assert.match(slots[0].inspector, /^ws:\/\/127\.0\.0\.1:\d+\/[\w-]+$/);
    await using client = await connect(clientFile);
    await using inspector = await Debugger.attach(slots[0].inspector);
    await inspector.call("Debugger.enable");
    const paused = inspector.event("Debugger.paused");
    const result = client.at(0).apply((n: number) => {
      const doubled = 2 * n;
      Deno.stderr.writeSync(new TextEncoder().encode("before\n"));
      // deno-lint-ignore no-debugger -- where the debugger stops
      debugger;
      return doubled;
    }, 21);
    const { callFrames: [{ callFrameId }] } = await paused;
    const seen = await inspector.call("Debugger.evaluateOnCallFrame", {
      callFrameId,
      expression: "doubled",
    });
    assert.equal(seen.result.value, 42);
    await inspector.call("Debugger.setVariableValue", {
      ...{ callFrameId, scopeNumber: 0, variableName: "doubled" },
      newValue: { value: 43 },
    });
    await inspector.call("Debugger.resume");
    assert.equal(await result, 43);
    // What the runtime says of sessions is nobody's output.
    assert.equal(result.stderr, "before\n");
    const audit = await runIppd(folder, "keys", "audit");
    assert.match(audit.stdout, /debugged.*engines 0/);
  });
});

Deno.test("ippd inspect says what it cannot do", async () => {
  await withIppdDir(async (folder) => {
    const { process, engineFile } = await startController(folder);
    await using _controller = process;
    const none = await runIppd(folder, "inspect", "0");
    assert.equal(none.code, 1);
    assert.equal(none.stderr, "ippd: Cannot inspect engine 0: there is none\n");
    await using engine = startIppd(
      ...[folder, "engine", "--connect", engineFile, "--sandbox"] as const,
    );
    await engine.says(/engine ready/);
    const other = await runIppd(folder, "inspect", "7");
    assert.match(other.stderr, /Cannot inspect engine 7: there are 0\n/);
    const closed = await runIppd(folder, "inspect", "0");
    assert.equal(closed.code, 1);
    assert.match(closed.stderr, /have no inspector, as in a sandbox/);
    const wrong = await runIppd(folder, "inspect", "first");
    assert.equal(wrong.code, 2);
  });
});
