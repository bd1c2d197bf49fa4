// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * How long the dashboard takes from what somebody does to what they see: a
 * controller with simulated engines and recorded tasks, its page in Chromium.
 * One JSON line: `deno run -A dashboard_figures.ts [engines] [tasks]`.
 *
 * The first figure of a view is until the next frame is on the screen, the
 * second until that frame shows what was asked for, which may come from the
 * hub. `IPPD_SCREENSHOTS` names a folder for pictures.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { type Client, connect } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { Fleet, until } from "./fleet_figures.ts";
import { quantile } from "./statistics.ts";

const ENGINES_DEFAULT = 1_000;
const TASKS_DEFAULT = 100_000;
const FLEETS = 2;
/** Tasks that are submitted before their results are waited for. */
const BURST = 10_000;
const ROUNDS = 6;
/** People do one thing after the other. */
const PAUSE_MS = 150;
const PICTURES = Deno.env.get("IPPD_SCREENSHOTS");

/** Something that somebody does, and how it shows. */
interface Interaction {
  readonly view: "Cluster" | "Timeline" | "Tasks" | "Logs";
  readonly does: string;
  /** JavaScript in the page. */
  readonly act: string;
  /** An expression in the page that holds once it is to be seen. */
  readonly shows: string;
}

interface Took {
  readonly view: string;
  readonly does: string;
  readonly paintMs: number;
  readonly shownMs: number;
}

/** What the page is given to find and to use its elements. */
const PRELUDE = `
  const one = (selector) => document.querySelector(selector);
  const named = (words) => [...document.querySelectorAll("button")]
    .find((button) => button.textContent.startsWith(words));
  const text = (selector) => one(selector)?.textContent ?? "";
  const type = (selector, value) => {
    const input = one(selector);
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
`;

function clickTab(view: Interaction["view"], shows: string): Interaction {
  const act = `named("${view}").click()`;
  return { view, does: "open", act, shows };
}

function typed(
  view: Interaction["view"],
  words: string,
  shows: string,
): Interaction {
  const act = `globalThis.before = text(".scroll + p.quiet");
    type("[data-search]", ${JSON.stringify(words)})`;
  return { view, does: "search", act, shows };
}

function order(column: number): Interaction {
  const header = `one("th:nth-child(${column}) button")`;
  return {
    view: "Cluster",
    does: "order",
    act: `${header}.click()`,
    shows: `/[▾▴]/.test(${header}.textContent)`,
  };
}

/** The number of rows is another than before. */
const CHANGED = `text(".scroll + p.quiet") !== globalThis.before`;

/** One round through all views. */
const INTERACTIONS: readonly Interaction[] = [
  clickTab("Cluster", `one("input[aria-label='Filter engines']") !== null`),
  order(5),
  order(8),
  order(2),
  typed("Cluster", "9", CHANGED),
  typed("Cluster", "", CHANGED),
  {
    view: "Cluster",
    does: "choose",
    act: `one("tbody input").click()`,
    shows: `one("tr[aria-selected=true]") !== null`,
  },
  clickTab("Timeline", `/the last 1000 tasks/.test(text("p.quiet"))`),
  {
    view: "Timeline",
    does: "colour",
    act: `one("input[type=checkbox]").click()`,
    shows: `one("input[type=checkbox]").checked`,
  },
  {
    view: "Timeline",
    does: "zoom",
    act: `globalThis.wide = text(".bar .quiet");
      one("canvas.timeline").dispatchEvent(new WheelEvent("wheel",
        { deltaY: -300, bubbles: true, cancelable: true, clientX: 600 }))`,
    shows: `text(".bar .quiet") !== globalThis.wide`,
  },
  clickTab("Tasks", `/^1 to 100 of/.test(text(".scroll + p.quiet"))`),
  {
    view: "Tasks",
    does: "older",
    act: `named("Older").click()`,
    shows: `/^101 to 200 of/.test(text(".scroll + p.quiet"))`,
  },
  {
    view: "Tasks",
    does: "newer",
    act: `named("Newer").click()`,
    shows: `/^1 to 100 of/.test(text(".scroll + p.quiet"))`,
  },
  {
    view: "Tasks",
    does: "status",
    act: `type("select", "error")`,
    shows: `/No task/.test(text(".scroll + p.quiet"))`,
  },
  {
    view: "Tasks",
    does: "status",
    act: `type("select", "ok")`,
    shows: `/^1 to 100 of/.test(text(".scroll + p.quiet"))`,
  },
  typed(
    "Tasks",
    "sweep-3",
    `text("tbody td:nth-child(3)") === "sweep-3" &&
    /^1 to 100 of \\d{4,5}$/.test(text(".scroll + p.quiet"))`,
  ),
  typed("Tasks", "", `/^1 to 100 of \\d{5,}$/.test(text(".scroll + p.quiet"))`),
  {
    view: "Tasks",
    does: "details",
    act: `one("tbody tr button").click()`,
    shows: `/submittedMs/.test(text("[data-details] dl"))`,
  },
  clickTab("Logs", `text("main h2") === "Logs"`),
];

/** Does it in the page, and says how long it took. */
async function measure(
  page: Page,
  { view, does, act, shows }: Interaction,
): Promise<Took> {
  const took: unknown = await page.evaluate(`(async () => {
    ${PRELUDE}
    const painted = () => new Promise((done) =>
      requestAnimationFrame(() => setTimeout(done)));
    const from = performance.now();
    ${act};
    await painted();
    const paintMs = performance.now() - from;
    while (!(${shows})) {
      if (performance.now() - from > 10_000) return [paintMs, NaN];
      await painted();
    }
    return [paintMs, performance.now() - from];
  })()`);
  const [paintMs, shownMs] = Array.isArray(took) ? took : [];
  if (typeof shownMs !== "number" || Number.isNaN(shownMs)) {
    throw new Error(`Cannot measure: ${view}, ${does} did not show`);
  }
  return { view, does, paintMs: Number(paintMs), shownMs };
}

async function useAll(page: Page): Promise<readonly Took[]> {
  const all: Took[] = [];
  // The first round is for the browser and the hub to get warm.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const interaction of INTERACTIONS) {
      const took = await measure(page, interaction);
      if (round > 0) all.push(took);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (round === 0) await picture(page, interaction);
    }
  }
  return all;
}

async function picture(
  page: Page,
  { view, does }: Interaction,
): Promise<void> {
  if (PICTURES === undefined) return;
  if (!["open", "details", "choose"].includes(does)) return;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const path = `${PICTURES}/${view}-${does}-${colorScheme}.png`;
    await page.screenshot({ path });
  }
}

async function recordTasks(client: Client, tasks: number): Promise<void> {
  const view = client.loadBalancedView();
  for (let from = 0; from < tasks; from += BURST) {
    const labelled = view.with({ label: `sweep-${from / BURST}` });
    const calls = Array.from(
      { length: Math.min(BURST, tasks - from) },
      () => labelled.apply(() => 1),
    );
    await Promise.all(calls.map((call) => call.settled()));
  }
  await until("records", async () => await client.count({}) >= tasks);
}

function figuresOf(all: readonly Took[]): Figure[] {
  const figures: Figure[] = [];
  for (const view of ["Cluster", "Timeline", "Tasks", "Logs"]) {
    const mine = all.filter((took) => took.view === view);
    for (
      const [name, of] of [
        ["to paint", ({ paintMs }: Took) => paintMs],
        ["shown", ({ shownMs }: Took) => shownMs],
      ] as const
    ) {
      const values = mine.map(of);
      const unit = "ms";
      const figure = `${view}, ${name}`;
      figures.push({
        figure: `${figure}, p50`,
        value: quantile(values, 0.5),
        unit,
      });
      figures.push({
        figure: `${figure}, max`,
        value: Math.max(...values),
        unit,
      });
    }
  }
  return figures;
}

function tellSlowest(all: readonly Took[]): void {
  const slowest = all.toSorted((a, b) => b.shownMs - a.shownMs).slice(0, 8);
  for (const { view, does, paintMs, shownMs } of slowest) {
    console.error(
      `${view}, ${does}: painted after ${paintMs.toFixed(0)} ms, shown after ${
        shownMs.toFixed(0)
      } ms`,
    );
  }
}

async function main(): Promise<void> {
  const [engines = ENGINES_DEFAULT, tasks = TASKS_DEFAULT] = Deno.args
    .map(Number);
  await using fleet = await Fleet.start("--store", "sqlite", "--dashboard");
  for (let index = 0; index < FLEETS; index++) fleet.add(engines / FLEETS);
  await using client = await connect(fleet.file("client"));
  await until("engines", () => client.ids.length === engines);
  await recordTasks(client, tasks);
  const address = fleet.file("client").replace(
    "-client.json",
    "-dashboard.url",
  );
  const browser: Browser = await chromium.launch({
    executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    const viewport = { width: 1_280, height: 900 };
    const page = await browser.newPage({ viewport });
    await page.goto((await Deno.readTextFile(address)).trim());
    await page.waitForSelector(
      `.tile:has-text('engines') b:text('${engines}')`,
    );
    const all = await useAll(page);
    tellSlowest(all);
    const versions = {
      Deno: Deno.version.deno,
      Chromium: browser.version(),
    };
    console.log(JSON.stringify({ figures: figuresOf(all), versions }));
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await main();
