import assert from "node:assert/strict";
import { ClusterService } from "./cluster_service.ts";
import type {
  JupyterFrontEnd,
  KernelConnection,
  KernelMessage,
} from "./jupyterlab.ts";
import { ANSWER_TYPE, type PanelReply } from "./kernel_answer.ts";

type Services = JupyterFrontEnd["serviceManager"];

/** A kernel that answers when a test says so. */
class FakeKernel implements KernelConnection {
  readonly asked: string[] = [];
  readonly #hearers: ((sender: unknown, message: KernelMessage) => void)[] = [];
  readonly #done: ((message: KernelMessage) => void)[] = [];
  isDown = false;
  readonly iopubMessage: KernelConnection["iopubMessage"] = {
    connect: (hear) => void this.#hearers.push(hear),
  };

  requestExecute({ code }: { readonly code: string }): {
    done: Promise<KernelMessage>;
  } {
    this.asked.push(code);
    const { promise, resolve } = Promise.withResolvers<KernelMessage>();
    this.#done.push(resolve);
    return { done: promise };
  }

  shutdown(): Promise<void> {
    this.isDown = true;
    return Promise.resolve();
  }

  /** Says that the oldest code has run. */
  ran(content: Record<string, unknown> = { status: "ok" }): void {
    this.#done.shift()?.({ header: { msg_type: "execute_reply" }, content });
  }

  /** Says what code brought. */
  brought(id: unknown, reply: PanelReply | null): void {
    const data = { [ANSWER_TYPE]: { id, reply } };
    for (const hear of this.#hearers) {
      hear(this, { header: { msg_type: "display_data" }, content: { data } });
    }
  }
}

function services(kernel: FakeKernel, language = "typescript"): Services {
  return {
    kernels: { startNew: () => Promise.resolve(kernel) },
    kernelspecs: {
      ready: Promise.resolve(),
      specs: { kernelspecs: { some: { language } } },
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("ask() finds answers by number, also after the code has run", async () => {
  const kernel = new FakeKernel();
  const service = new ClusterService(services(kernel));
  const first = service.ask({ ask: "list" });
  const second = service.ask({ ask: "list" });
  await until(() => kernel.asked.length === 1);
  kernel.ran();
  kernel.brought(7, {});
  kernel.brought("x", null);
  kernel.brought(1, { unassigned: 1 });
  assert.deepEqual(await first, { unassigned: 1 });
  await until(() => kernel.asked.length === 2);
  kernel.brought(2, { unassigned: 2 });
  kernel.ran();
  assert.deepEqual(await second, { unassigned: 2 });
  await service.close();
  assert.equal(kernel.isDown, true);
});

Deno.test("ask() fails with what the kernel says, or when it says nothing", async () => {
  const kernel = new FakeKernel();
  const service = new ClusterService(services(kernel), 20);
  const failing = service.ask({ ask: "list" });
  const silent = service.ask({ ask: "stop", stateFile: "f" });
  await until(() => kernel.asked.length === 1);
  kernel.ran({ status: "error", evalue: "no such module" });
  await assert.rejects(failing, /no such module/);
  await assert.rejects(silent, /Cannot stop: .* not answered in 20 ms/);
});

Deno.test("ask() says that Deno's kernel is missing, and looks again", async () => {
  const kernel = new FakeKernel();
  const service = new ClusterService(services(kernel, "python"));
  await assert.rejects(service.ask({ ask: "list" }), /deno jupyter --install/);
  await assert.rejects(service.ask({ ask: "list" }), /deno jupyter --install/);
});

Deno.test("Texts of users reach the kernel as data", async () => {
  const kernel = new FakeKernel();
  const service = new ClusterService(services(kernel));
  const stateFile = '"); Deno.exit(); ("';
  const asked = service.ask({ ask: "stop", stateFile });
  await until(() => kernel.asked.length === 1);
  assert.ok(kernel.asked[0]?.includes(JSON.stringify(stateFile)));
  kernel.brought(1, {});
  await asked;
});
