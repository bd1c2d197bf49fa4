// deno-lint-ignore-file no-console -- one test prints a figure for people
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { Dashboard } from "../../dashboard/mod.ts";
// deno-lint-ignore ippd/import-door
import { FakeSource } from "../../dashboard/source_fixture_test.ts";

/** Where Debian and others put it; `CHROMIUM` names another. */
const CANDIDATES = [
  Deno.env.get("CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Where pictures go, when somebody wants to look at them. */
const PICTURES = Deno.env.get("IPPD_SCREENSHOTS");

function findBrowser(): string | undefined {
  return CANDIDATES.find((path) => {
    try {
      return path !== undefined && Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const executablePath = findBrowser();

async function withPage(
  engines: number,
  tasks: number,
  run: (
    page: Page,
    source: FakeSource,
    dashboard: Dashboard,
  ) => Promise<void>,
): Promise<void> {
  assert.ok(executablePath);
  const source = new FakeSource(engines, tasks);
  await using dashboard = new Dashboard({ source, intervalMs: 200 });
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1_280, height: 900 },
    });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // A question that the server refuses is one that the tests ask.
      const isAsked = message.text().includes("status of 400");
      if (message.type() === "error" && !isAsked) problems.push(message.text());
    });
    await page.goto(dashboard.url);
    await run(page, source, dashboard);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
}

/** Looks again and again until a condition holds, at most ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 200; look++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it did not happen");
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

/** Milliseconds until the page has painted what an action changed. */
function paintAfter(page: Page, selector: string): Promise<number> {
  return page.evaluate(`(async () => {
    const from = performance.now();
    document.querySelector(${JSON.stringify(selector)}).click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - from;
  })()`);
}

/** Whether a change of theme repaints a canvas at once. */
function repaintsWithTheme(page: Page, selector: string): Promise<boolean> {
  return page.evaluate(`(async () => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const before = canvas.toDataURL();
    document.querySelector("button[title='key t']").click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return canvas.toDataURL() !== before;
  })()`);
}

Deno.test({
  name:
    "the dashboard in a browser: each view, keys, and actions with a question first",
  ignore: executablePath === undefined,
  // The browser's driver keeps handles of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await withPage(6, 500, async (page, source) => {
      await t.step("the cluster is shown and followed", async () => {
        await page.waitForSelector("text=ippd demo");
        await page.waitForSelector(".tile:has-text('engines') b:text('6')");
        await until(async () =>
          await page.locator(".scroll tbody tr").count() === 6
        );
        await until(async () =>
          Number(await page.locator(".tile b").nth(4).textContent()) > 0
        );
        await picture(page, "cluster");
        assert.ok(await repaintsWithTheme(page, ".uplot canvas"));
      });
      await t.step(
        "engines are filtered, looked into and interrupted",
        async () => {
          await page.keyboard.press("/");
          await page.keyboard.type("rack=r1");
          await until(async () =>
            await page.locator(".scroll tbody tr").count() === 2
          );
          await page.click("input[aria-label='Engine 1']");
          await page.click("button:text('Stack')");
          await page.waitForSelector("pre:has-text('slow (ippd:slow:2:3)')");
          await page.click("button:text('Interrupt')");
          await page.waitForSelector(
            "dialog[open]:has-text('Interrupt what runs on engine 1?')",
          );
          await picture(page, "question");
          assert.deepEqual(source.done, []);
          await page.click("dialog button:text('Leave it')");
          await page.click("button:text('Interrupt')");
          await page.click("dialog button.danger");
          await page.waitForSelector("dialog[open]", { state: "detached" });
          assert.deepEqual(source.done.splice(0), ["interrupt 1"]);
        },
      );
      await t.step("the cluster is scaled", async () => {
        await page.fill("input[aria-label='Number of engines']", "9");
        await page.click("main button:text('Scale')");
        await page.click("dialog button.danger");
        await page.waitForSelector("dialog[open]", { state: "detached" });
        assert.deepEqual(source.done, ["scale 9"]);
      });
      await t.step("the timeline is drawn and tells of a task", async () => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("2");
        await page.waitForSelector("text=the last 500 tasks that ran");
        await picture(page, "timeline");
        const box = await page.locator("canvas.timeline").boundingBox();
        assert.ok(box);
        await page.mouse.move(box.x + 51, box.y + 30);
        await page.waitForSelector("text=/c-\\d+ sweep-\\d simulate: ok/");
        await page.mouse.wheel(0, -300);
        assert.ok(await repaintsWithTheme(page, "canvas.timeline"));
      });
      await t.step("tasks are listed, searched and opened", async () => {
        await page.keyboard.press("3");
        await page.waitForSelector("text=1 to 100 of 500");
        await page.selectOption("select[aria-label='Status']", "error");
        await page.waitForSelector("text=1 to 50 of 50");
        await page.click("tbody tr:first-child button");
        await page.waitForSelector("pre:has-text('hello from the task')");
        await picture(page, "tasks");
        await page.keyboard.press("Escape");
        await page.waitForSelector("[data-details]", { state: "detached" });
        await page.fill("input[data-search]", '{"nonsense": 1}');
        await page.waitForSelector("text=Cannot query: nonsense is no field");
      });
      await t.step("logs are shown, light and dark", async () => {
        await page.click("button:text('Logs')");
        await page.waitForSelector("pre:has-text('it began')");
        await page.click("button:text('Light or dark')");
        await page.click("button[role=tab]:text('Cluster')");
        await page.waitForSelector(".tile");
        await picture(page, "other-theme");
      });
    });
  },
});

Deno.test({
  name: "the dashboard comes back when its server was away",
  ignore: executablePath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await withPage(2, 0, async (page, source) => {
      await page.waitForSelector(".tile:has-text('engines') b:text('2')");
      source.trouble = new Error("Cannot reach the hub");
      await page.waitForSelector(".trouble:has-text('Cannot reach the hub')");
      source.trouble = undefined;
      await page.waitForSelector(".trouble", { state: "detached" });
    });
  },
});

Deno.test({
  name: "the dashboard shows a thousand engines and a hundred thousand tasks",
  ignore: executablePath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await withPage(1_000, 100_000, async (page) => {
      await page.waitForSelector(".tile:has-text('engines') b:text('1000')");
      await page.waitForSelector("text=100 of 1000 engines");
      const waits: number[] = [];
      for (const column of [5, 2, 8, 3]) {
        waits.push(await paintAfter(page, `th:nth-child(${column}) button`));
      }
      await page.keyboard.press("3");
      await page.waitForSelector("text=1 to 100 of 100000");
      waits.push(await paintAfter(page, "button:nth-of-type(2)"));
      await picture(page, "thousand");
      // A figure for people: tests do not judge time.
      console.log(
        `paint after a click: ${
          waits.map((ms) => ms.toFixed(0)).join(", ")
        } ms`,
      );
    });
  },
});
