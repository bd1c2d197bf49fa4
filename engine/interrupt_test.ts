import assert from "node:assert/strict";
import { type Ended, SlotRig } from "./slot_fixture_test.ts";

/** What shipped functions find in a slot's realm. */
declare const ippd: { readonly signal: AbortSignal };
declare const kept: number;

/** How often each story is told. */
const ROUNDS = Number(Deno.env.get("IPPD_INTERRUPT_ROUNDS") ?? 5);

/** On a busy machine a slot may not have its turn for a while. */
const PATIENT = { interruptTimeoutMs: 10_000, dropTimeoutMs: 10_000 };

/** How a stop may end. */
type Step = "told" | "interrupted" | "killed";

const STEP_WORDS: { readonly [S in Step]: string } = {
  told: "(it was told by its signal)",
  interrupted: "(its code was interrupted, the namespace is kept)",
  killed: "(its process was killed, the namespace is lost)",
};

interface Story {
  readonly name: string;
  readonly run: (...args: never[]) => unknown;
  readonly args?: readonly unknown[];
  /** The ends that are right, the usual one first. */
  readonly steps: readonly Step[];
}

// (module (func (export "spin") (loop br 0)))
// deno-fmt-ignore
const SPIN = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 115,
  112, 105, 110, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11,
]);

const STORIES: readonly Story[] = [
  {
    name: "a busy loop",
    run: () => {
      for (;;);
    },
    steps: ["interrupted"],
  },
  {
    name: "a loop that catches everything",
    run: () => {
      for (;;) {
        try {
          while (performance.now() > 0);
          throw new Error("never");
        } catch {
          continue;
        } finally {
          // deno-lint-ignore no-unsafe-finally
          continue;
        }
      }
    },
    steps: ["interrupted"],
  },
  {
    name: "a WebAssembly loop",
    run: (bytes: Uint8Array<ArrayBuffer>) => {
      const { exports } = new WebAssembly.Instance(
        new WebAssembly.Module(bytes),
      );
      const { spin } = exports;
      if (typeof spin === "function") spin();
    },
    args: [SPIN],
    steps: ["interrupted"],
  },
  {
    name: "a regular expression",
    run: () => /^(a+)+$/.test("a".repeat(50) + "b"),
    steps: ["interrupted"],
  },
  {
    name: "Atomics.wait",
    run: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    steps: ["interrupted"],
  },
  {
    name: "a comparator",
    run: () =>
      [3, 1, 2].sort(() => {
        for (;;);
      }),
    steps: ["interrupted"],
  },
  {
    name: "a getter",
    run: () =>
      ({
        get x() {
          for (;;);
        },
      }).x,
    steps: ["interrupted"],
  },
  {
    name: "a callback of a timer",
    run: () =>
      new Promise(() => {
        setTimeout(() => {
          for (;;);
        }, 1);
      }),
    // It may hear its signal before the callback has its turn.
    steps: ["interrupted", "told"],
  },
  {
    name: "a callback of nextTick",
    run: () =>
      new Promise(() => {
        globalThis.process.nextTick(() => {
          for (;;);
        });
      }),
    // It may hear its signal before the callback has its turn.
    steps: ["interrupted", "told"],
  },
  {
    name: "a flood of promises",
    run: async () => {
      for (;;) await null;
    },
    steps: ["interrupted"],
  },
  {
    name: "a function that waits for ever",
    run: () => new Promise(() => {}),
    steps: ["told"],
  },
  {
    name: "an async function that sleeps",
    run: async () => {
      for (;;) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    steps: ["told"],
  },
  {
    name: "a loop of Deno.readFile",
    run: async () => {
      while (!ippd.signal.aborted) await Deno.readFile("/etc/hostname");
    },
    steps: ["told"],
  },
  {
    // It goes on unheard: only its process could end it.
    name: "a loop of Deno.readFile that does not listen",
    run: async () => {
      for (;;) await Deno.readFile("/etc/hostname");
    },
    steps: ["told"],
  },
  {
    name: "one long native call",
    run: () => {
      const text = `[${"[1,2,3],".repeat(1 << 21)}1]`;
      for (let n = 0; n < 3; n++) JSON.parse(text);
      for (;;);
    },
    steps: ["interrupted", "killed"],
  },
];

/** Runs a story until it is well on its way, and stops it. */
async function stopped(rig: SlotRig, story: Story): Promise<Ended> {
  for (let waitMs = 30;; waitMs *= 2) {
    const ended = rig.apply(story.run, ...story.args ?? []);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    assert.equal(rig.state.interrupted("enough"), 1);
    const end = await ended;
    // On a busy machine it may have had no turn yet.
    if (end.outcome.reason !== "enough (it had not started)") return end;
  }
}

for (const story of STORIES) {
  Deno.test(`an interrupt stops ${story.name}`, async () => {
    await using rig = await SlotRig.start(1, PATIENT);
    const counts: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round++) {
      await rig.value(() => void Object.assign(globalThis, { kept: 7 }));
      const { outcome } = await stopped(rig, story);
      assert.equal(outcome.status, "cancelled");
      const step = story.steps.find((step) =>
        outcome.reason === `enough ${STEP_WORDS[step]}`
      );
      assert.ok(step !== undefined, outcome.reason);
      counts[step] = (counts[step] ?? 0) + 1;
      const left = await rig.value(() => typeof kept);
      assert.equal(left, step === "killed" ? "undefined" : "number");
    }
    assert.equal(rig.ends.length, counts["killed"] ?? 0);
    assert.deepEqual(rig.pieces, []);
  });
}
