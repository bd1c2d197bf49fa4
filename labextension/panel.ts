/**
 * The panel: a list of clusters, and the engines of the one that is chosen.
 *
 * @module
 */
/// <reference lib="dom" />
import type {
  PanelCluster,
  PanelReply,
  PanelRequest,
} from "./kernel_answer.ts";

/** What the panel needs of its surroundings. */
export interface PanelHost {
  /** Asks about clusters. */
  ask(request: PanelRequest): Promise<PanelReply>;
  /** Whether the user means it. */
  confirm(question: string): boolean;
  /** Puts the code that connects to a cluster into the notebook in front. */
  insert(cluster: PanelCluster): void;
}

/** Engines that the panel may start at once. */
const ENGINES_MAX = 1_024;
/** Engines in the table; of more, only the number is shown. */
export const ENGINES_SHOWN_MAX = 200;
/** Time between two looks, while the panel is visible. */
const LOOK_INTERVAL_MS = 5_000;

/** Builds the panel into an element of its own. */
export class ClusterPanel {
  /** The element. */
  readonly node: HTMLElement = element("div", "ippd-panel");
  readonly #host: PanelHost;
  readonly #list: HTMLElement = element("div", "ippd-clusters");
  readonly #message: HTMLElement = element("p", "ippd-message");
  readonly #count: HTMLInputElement = numberInput(2);
  #chosen: string | undefined;
  #isBusy = false;

  /** Shows nothing before the first look. */
  constructor(host: PanelHost) {
    this.#host = host;
    this.node.style.cssText = "padding:8px;overflow:auto;min-width:220px";
    this.#message.setAttribute("role", "status");
    const start = element("div", "ippd-start");
    start.append(
      this.#count,
      button("Start", () => this.#do("start", this.#startRequest())),
      button("Refresh", () => this.look()),
    );
    this.node.append(
      heading("ippd clusters"),
      start,
      this.#message,
      this.#list,
    );
  }

  /** Looks again and again while the panel can be seen. */
  begin(): void {
    setInterval(() => {
      const isVisible = this.node.offsetParent !== null;
      if (isVisible && !this.#isBusy) void this.look(true);
    }, LOOK_INTERVAL_MS);
    void this.look();
  }

  /**
   * Asks how the clusters are, and shows it; never throws.
   *
   * @param isPolite Whether a number that somebody types stays.
   */
  async look(isPolite = false): Promise<void> {
    try {
      const { clusters = [] } = await this.#host.ask({ ask: "list" });
      const chosen = clusters.find(({ stateFile }) =>
        stateFile === this.#chosen
      );
      const status = chosen === undefined || chosen.state !== "running"
        ? undefined
        : await this.#host.ask({ ask: "status", stateFile: chosen.stateFile });
      if (isPolite && this.#isTyping()) return;
      this.#list.replaceChildren(
        ...clusters.map((cluster) =>
          this.#clusterNode(cluster, cluster === chosen ? status : undefined)
        ),
      );
      if (clusters.length === 0) this.#list.append("No cluster runs.");
    } catch (thrown) {
      this.#say(String(thrown));
    }
  }

  #isTyping(): boolean {
    const { activeElement } = document;
    return activeElement instanceof HTMLInputElement &&
      this.#list.contains(activeElement);
  }

  #startRequest(): PanelRequest {
    return { ask: "start", n: this.#count.valueAsNumber };
  }

  #clusterNode(
    cluster: PanelCluster,
    status: PanelReply | undefined,
  ): HTMLElement {
    const { id, profile, state, stateFile } = cluster;
    const node = element("details", "ippd-cluster");
    node.toggleAttribute("open", status !== undefined);
    const summary = element("summary");
    summary.textContent = `${id || "(unnamed)"} · ${profile} · ${state}`;
    summary.addEventListener("click", () => {
      this.#chosen = this.#chosen === stateFile ? undefined : stateFile;
      void this.look();
    });
    node.append(summary, this.#actions(cluster, status));
    if (status !== undefined) node.append(engineTable(status));
    return node;
  }

  #actions(
    cluster: PanelCluster,
    status: PanelReply | undefined,
  ): HTMLElement {
    const { stateFile } = cluster;
    const name = cluster.id || "the cluster";
    const count = numberInput(status?.engines?.length ?? 1);
    const actions = element("div", "ippd-actions");
    actions.append(
      button("Insert code", () => {
        try {
          this.#host.insert(cluster);
          this.#say("");
        } catch (thrown) {
          this.#say(String(thrown));
        }
      }),
      count,
      button(
        "Scale",
        () =>
          this.#do("scale", {
            ask: "scale",
            stateFile,
            n: count.valueAsNumber,
          }),
      ),
      button(
        "Restart",
        () => this.#do("restart", { ask: "restart", stateFile }, name),
      ),
      button("Stop", () => this.#do("stop", { ask: "stop", stateFile }, name)),
    );
    return actions;
  }

  /** Does something; what others would lose is asked for. */
  async #do(
    verb: string,
    request: PanelRequest,
    loses?: string,
  ): Promise<void> {
    if (this.#isBusy) return;
    if ("n" in request && !isCount(request.n)) {
      return this.#say(
        `Cannot ${verb}: the number must be from 0 to ${ENGINES_MAX}`,
      );
    }
    if (loses !== undefined && !this.#host.confirm(`${verb} ${loses}?`)) return;
    this.#isBusy = true;
    this.#say(`${verb} …`);
    try {
      await this.#host.ask(request);
      this.#say("");
    } catch (thrown) {
      this.#say(String(thrown));
    } finally {
      this.#isBusy = false;
    }
    await this.look();
  }

  #say(text: string): void {
    this.#message.textContent = text;
  }
}

function engineTable(
  { engines = [], unassigned = 0 }: PanelReply,
): HTMLElement {
  const table = element("table", "ippd-engines");
  table.append(row("th", ["engine", "host", "running", "queued", "finished"]));
  for (const engine of engines.slice(0, ENGINES_SHOWN_MAX)) {
    const { id, host, running, queued, finished } = engine;
    table.append(row("td", [id, host, running, queued, finished]));
  }
  const more = engines.length - ENGINES_SHOWN_MAX;
  if (more > 0) table.append(row("td", [`and ${more} more`]));
  table.append(row("td", [`${unassigned} tasks wait for an engine`]));
  return table;
}

function row(
  kind: "td" | "th",
  values: readonly (string | number)[],
): HTMLElement {
  const line = element("tr");
  for (const value of values) {
    const cell = element(kind);
    cell.textContent = String(value);
    if (values.length === 1) cell.setAttribute("colspan", "5");
    line.append(cell);
  }
  return line;
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0 && n <= ENGINES_MAX;
}

function element(name: string, className = ""): HTMLElement {
  const node = document.createElement(name);
  node.className = className;
  return node;
}

function heading(text: string): HTMLElement {
  const node = element("h3");
  node.textContent = text;
  return node;
}

function button(label: string, act: () => unknown): HTMLElement {
  const node = element("button", "jp-mod-styled");
  node.textContent = label;
  node.addEventListener("click", () => void act());
  return node;
}

function numberInput(value: number): HTMLInputElement {
  const input = document.createElement("input");
  input.type = "number";
  input.min = "0";
  input.max = String(ENGINES_MAX);
  input.value = String(value);
  input.setAttribute("aria-label", "engines");
  return input;
}
