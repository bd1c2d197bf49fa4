/**
 * The panel in a real JupyterLab, in a real browser. `tests/lab/app/build.sh`
 * builds JupyterLab's front end; Debian's `jupyter-server` and
 * `python3-jupyterlab-server` serve it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { Cluster } from "../../mod.ts";
import { freePort } from "../free_ports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const APP = `${ROOT}.conformance/lab`;
const PYTHON = "/usr/bin/python3";
const BROWSER = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

/** Where pictures go, when somebody wants to look at them. */
const PICTURES = Deno.env.get("IPPD_SCREENSHOTS");

/** Starting engines takes longest. */
const WAIT_MS = 20_000;

function hasAll(): boolean {
  try {
    return Deno.statSync(`${APP}/build/bundle.js`).isFile &&
      Deno.statSync(BROWSER).isFile &&
      new Deno.Command(PYTHON, { args: ["-c", "import jupyterlab_server"] })
        .outputSync().success;
  } catch {
    return false;
  }
}

/** Writes a specification of Deno's kernel, and an empty notebook. */
async function prepare(folder: string): Promise<void> {
  const kernel = `${folder}/jupyter/kernels/deno`;
  await Deno.mkdir(kernel, { recursive: true });
  await Deno.writeTextFile(
    `${kernel}/kernel.json`,
    JSON.stringify({
      argv: [Deno.execPath(), "jupyter", "--kernel", "--conn"]
        .concat("{connection_file}"),
      display_name: "Deno",
      language: "typescript",
      env: { NO_COLOR: "1" },
    }),
  );
  await Deno.writeTextFile(
    `${folder}/empty.ipynb`,
    JSON.stringify({
      cells: [{
        cell_type: "code",
        id: "first",
        execution_count: null,
        metadata: {},
        outputs: [],
        source: "",
      }],
      metadata: {
        kernelspec: { name: "deno", display_name: "Deno", language: "ts" },
      },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
}

/** Waits until the server answers. */
async function reachable(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const answer = await fetch(url);
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Cannot reach JupyterLab: its server does not answer");
}

/** Stops what a story that failed has left. */
async function stopClusters(folder: string): Promise<void> {
  Deno.env.set("IPPD_DIR", folder);
  try {
    for (const cluster of await Cluster.list()) await cluster.stop();
  } finally {
    Deno.env.delete("IPPD_DIR");
  }
}

/** Runs a story in JupyterLab, with clusters of its own. */
async function withLab(story: (page: Page) => Promise<void>): Promise<void> {
  // Below the examples, so that the kernel finds the project's modules.
  const folder = await Deno.makeTempDir({
    dir: `${ROOT}examples`,
    prefix: ".test-",
  });
  await prepare(folder);
  const extensions = `${folder}/extensions`;
  const built = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}tools/bundle_labextension.ts`, extensions],
    stdout: "null",
  }).output();
  assert.ok(built.success, new TextDecoder().decode(built.stderr));
  const port = freePort();
  const token = crypto.randomUUID();
  const url = `http://127.0.0.1:${port}/lab?token=${token}`;
  const server = new Deno.Command(PYTHON, {
    args: [`${ROOT}tests/lab/lab_server.py`, APP, extensions, folder]
      .concat(String(port), token),
    env: { JUPYTER_PATH: `${folder}/jupyter`, IPPD_DIR: `${folder}/ippd` },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let browser: Browser | undefined;
  try {
    await reachable(url);
    browser = await chromium.launch({
      executablePath: BROWSER,
      args: ["--no-sandbox"],
    });
    const page = await browser.newPage({
      viewport: { width: 1_280, height: 800 },
    });
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(url);
    await page.waitForFunction("globalThis.labIsReady");
    await story(page);
  } finally {
    await browser?.close();
    // It ends its kernels, too.
    server.kill("SIGTERM");
    await server.status;
    await stopClusters(`${folder}/ippd`);
    await Deno.remove(folder, { recursive: true });
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.screenshot({ path: `${PICTURES}/lab_${name}.png` });
}

/**
 * Runs the cells of the notebook in front. JupyterLab sometimes forgets to,
 * when the notebook has just been opened, and then is asked again.
 */
async function runCells(page: Page): Promise<void> {
  const prompt = page.locator(".jp-Notebook .jp-InputPrompt", {
    hasText: /^\[\d+\]:$/,
  });
  for (let attempt = 1; attempt <= 3; attempt++) {
    await page.evaluate(
      "globalThis.lab.commands.execute('notebook:run-all-cells')",
    );
    try {
      // JupyterLab may drop the value: see HEAD_START_MS in client/.
      return await prompt.first().waitFor({ timeout: WAIT_MS / 2 });
    } catch (thrown) {
      if (attempt === 3) throw thrown;
    }
  }
}

Deno.test({
  name:
    "The panel starts, shows, scales and stops clusters in JupyterLab (tests/lab/app/build.sh, jupyter-server, chromium)",
  ignore: !hasAll(),
  async fn(t) {
    await withLab(async (page) => {
      // What comes after a failure would only wait.
      const step = async (
        name: string,
        act: () => Promise<void>,
      ): Promise<void> => {
        if (await t.step(name, act)) return;
        await picture(page, "failure");
        assert.fail(name);
      };
      const panel = page.locator(".ippd-panel");
      const engineRows = panel.locator(".ippd-engines tr:has(td)");
      page.on("dialog", (dialog) => void dialog.accept());

      await step("there is a tab, and no cluster", async () => {
        await page.locator(".lm-TabBar-tabLabel", { hasText: /^ippd$/ })
          .click();
        await panel.getByText("No cluster runs.").waitFor();
      });

      await step("a cluster starts", async () => {
        await panel.getByRole("button", { name: "Start" }).click();
        await panel.locator("summary").waitFor();
        assert.match(
          await panel.locator("summary").innerText(),
          /· default · running$/,
        );
      });

      await step("its engines are in a table", async () => {
        await panel.locator("summary").click();
        await engineRows.nth(2).waitFor();
        assert.match(await engineRows.nth(1).innerText(), /^1\s+\S+\s+0\s+0/);
        await picture(page, "engines");
      });

      await step("it is scaled", async () => {
        await panel.locator(".ippd-actions input").fill("1");
        await panel.getByRole("button", { name: "Scale" }).click();
        await engineRows.nth(2).waitFor({ state: "detached" });
        assert.equal(await engineRows.count(), 2);
      });

      await step("wrong numbers are refused", async () => {
        await panel.locator(".ippd-actions input").fill("-1");
        await panel.getByRole("button", { name: "Scale" }).click();
        await panel.getByText(/Cannot scale: the number must be/).waitFor();
      });

      await step("code that connects is inserted, and runs", async () => {
        await panel.getByRole("button", { name: "Insert code" }).click();
        await panel.getByText(/no notebook is open/).waitFor();
        await page.evaluate(
          "globalThis.lab.commands.execute('docmanager:open', { path: 'empty.ipynb', factory: 'Notebook' })",
        );
        await page.locator(".jp-Notebook .cm-content").waitFor();
        await page.locator(
          ".jp-Notebook-ExecutionIndicator[data-status='idle']",
        ).first().waitFor();
        await panel.getByRole("button", { name: "Insert code" }).click();
        await page.locator(".jp-Notebook .cm-content", { hasText: "connect(" })
          .waitFor();
        await runCells(page);
        const errors = page.locator(".jp-Notebook [data-mime-type*=error]");
        assert.equal(await errors.count(), 0);
        await picture(page, "notebook");
      });

      await step("engines start again, and the cluster stops", async () => {
        await panel.getByRole("button", { name: "Restart" }).click();
        await panel.locator(".ippd-message", { hasText: /^$/ })
          .waitFor({ state: "attached" });
        await panel.getByRole("button", { name: "Stop" }).click();
        await panel.getByText("No cluster runs.").waitFor();
      });
    });
  },
});
