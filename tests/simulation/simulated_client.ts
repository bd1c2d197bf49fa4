/**
 * A client's conversation with the scheduler, and what its session does with
 * what the hub says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { silentLogger, type Timer, utf8 } from "../../base/mod.ts";
import {
  EngineDirectory,
  SchedulerConversation,
  type SchedulerLink,
} from "../../client/mod.ts";
import {
  type Message,
  PROTOCOL_VERSION,
  type SchedulerAddress,
  type TaskRequest,
} from "../../messages/mod.ts";
import type { JumpingClock } from "./jumping_clock.ts";
import {
  noSocket,
  type SimulatedLink,
  simulatedLink,
} from "./simulated_link.ts";
import type { Site } from "./site.ts";

/** How often it asks again for engines to be empty, or to be used again. */
const REPEAT_MS = 5_000;

/** A client, which outlives everybody else. */
export class SimulatedClient {
  /** Its routing id. */
  readonly id: string;
  readonly directory: EngineDirectory = new EngineDirectory();
  readonly conversation: SchedulerConversation;
  readonly #site: Site;
  readonly #hub: SimulatedLink;
  readonly #clock: JumpingClock;
  /** Questions that are asked until they are answered. */
  readonly #asking = new Map<number, Timer>();
  readonly #signals = new Set<number>();
  #taskCount = 0;
  #questionCount = 0;

  /** Turns to the hub. */
  constructor(id: string, site: Site) {
    this.id = id;
    this.#site = site;
    this.#clock = site.newClock();
    const { clock, hubLines, taskLines, ledger } = site;
    this.conversation = new SchedulerConversation({
      socket: noSocket,
      clock: this.#clock,
      log: silentLogger,
      openLink: (options): SchedulerLink =>
        simulatedLink({ network: taskLines, clock, id }, options),
      handler: {
        connected: () => {},
        disconnected: () => {},
        outcome: (outcome, payload) => ledger.heard(id, outcome, payload),
        said: () => {},
      },
    });
    this.#hub = simulatedLink({ network: hubLines, clock, id }, {
      onConnected: () =>
        this.#hub.send({
          ...{ type: "client_connect", protocol: PROTOCOL_VERSION },
          ...{ host: "h", pid: 1 },
        }),
      onMessage: (message) => this.#heard(message),
    });
    this.#hub.connect([]);
  }

  /** Questions about drains that are not answered. */
  get asking(): number {
    return this.#asking.size;
  }

  /** Whether an engine gets nothing new, for all that is known here. */
  get seesDrained(): boolean {
    return this.directory.engines.some(({ state }) => state === "draining");
  }

  /** Sends a task, to certain engines, to some or to any. */
  submit(engines?: readonly number[]): void {
    const id = `${this.id}-${(this.#taskCount++).toString(36)}`;
    const { random, ledger } = this.#site;
    const targets = engines ?? this.#someEngines(0.3);
    const isDirect = engines !== undefined ||
      (targets.length > 0 && random() < 0.3);
    const open = ledger.openOf(this.id);
    const before = open[Math.floor(random() * open.length)];
    const request: TaskRequest = {
      type: "task_request",
      id,
      mode: isDirect ? "direct" : "balanced",
      targets: isDirect ? targets : [],
      work: { kind: "execute", name: id, language: "js" },
      terms: {
        ...(random() < 0.5 && {
          retries: {
            ...{ max: 3, backoffMs: 0 },
            on: random() < 0.5 ? "engine-lost" as const : "any" as const,
          },
        }),
        ...(before !== undefined && random() < 0.2 && {
          after: {
            ids: [before],
            mode: "all" as const,
            success: true,
            failure: true,
          },
        }),
      },
    };
    const ids = isDirect ? targets.map((_, index) => `${id}.${index}`) : [id];
    for (const one of ids) ledger.asked(one, this.id);
    this.conversation.request(request, [utf8(id)]);
    if (random() >= 0.05) return;
    for (const one of ids) ledger.cancelled(one);
    this.conversation.cancel(ids, "not needed");
  }

  /** Wants some engines to get nothing new. */
  drain(): void {
    const targets = this.#someEngines(0.3);
    if (targets.length > 0) this.#ask(() => ({ targets }));
  }

  /** Wants all engines to be used. */
  undrain(): void {
    this.#ask(() => ({ targets: this.directory.ids, isUndone: true }));
  }

  /** Asks all engines something. */
  signal(): void {
    const requestId = this.#questionCount++;
    this.#signals.add(requestId);
    const type = "signal_request";
    this.#hub.send({ type, requestId, targets: [], signal: "SIGUSR1" });
  }

  #someEngines(share: number): number[] {
    return this.directory.ids.filter(() => this.#site.random() < share);
  }

  /** Asks until there is an answer, as clients do. */
  #ask(
    what: () => { readonly targets: readonly number[]; isUndone?: boolean },
  ): void {
    const requestId = this.#questionCount++;
    const say = (): void => {
      this.#hub.send({ type: "drain_request", requestId, ...what() });
      this.#asking.set(requestId, this.#clock.setTimer(REPEAT_MS, say));
    };
    say();
  }

  /** What the hub says. */
  #heard(message: Message): void {
    switch (message.type) {
      case "client_connected":
        this.directory.replace(message.engines);
        return this.#useSchedulers(message.schedulers);
      case "schedulers_changed":
        return this.#useSchedulers(message.schedulers);
      case "engine_joined":
        return this.directory.add(message.engine);
      case "engine_left":
        return this.directory.remove(message.engineId);
      case "drain_reply":
        this.#asking.get(message.requestId)?.cancel();
        return void this.#asking.delete(message.requestId);
      case "signal_reply":
        assert.ok(
          this.#signals.delete(message.requestId),
          `question ${message.requestId} was answered twice`,
        );
        return;
      default:
        assert.fail(`a client was told ${message.type}`);
    }
  }

  #useSchedulers(schedulers: readonly SchedulerAddress[]): void {
    this.directory.schedulers = schedulers;
    this.conversation.turnTo(schedulers[0]);
  }
}
