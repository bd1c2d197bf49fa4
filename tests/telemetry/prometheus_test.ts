import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import {
  eventually,
  startDashboard,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { freePort } from "../free_ports.ts";

const PROMETHEUS = "/usr/bin/prometheus";

function isInstalled(): boolean {
  try {
    return Deno.statSync(PROMETHEUS).isFile;
  } catch {
    return false;
  }
}

async function configure(folder: string, page: URL): Promise<string> {
  const token = `${folder}/token`;
  await Deno.writeTextFile(token, page.searchParams.get("token") ?? "");
  const file = `${folder}/prometheus.yml`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      global: { scrape_interval: "200ms", scrape_timeout: "200ms" },
      scrape_configs: [{
        job_name: "ippd",
        authorization: { credentials_file: token },
        static_configs: [{ targets: [page.host] }],
      }],
    }),
  );
  return file;
}

/** The values of an expression, as Prometheus has them now. */
async function valuesOf(port: number, expression: string): Promise<number[]> {
  try {
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/query?query=${
        encodeURIComponent(expression)
      }`,
    );
    const { data: { result } } = await answer.json();
    return result.map(({ value }: { value: unknown[] }) => Number(value[1]));
  } catch {
    // It does not listen yet.
    return [];
  }
}

Deno.test({
  name: "Prometheus scrapes /metrics with the dashboard's token",
  ignore: !isInstalled(),
  async fn() {
    await withIppdDir(async (folder) => {
      const { process, clientFile, engineFile, pageFile } =
        await startDashboard(folder);
      await using _controller = process;
      await using _engine = startIppd(
        folder,
        "engine",
        "--connect",
        engineFile,
      );
      await using client = await connect(clientFile);
      await client.waitForEngines(1, { timeoutMs: 20_000 });
      await client.loadBalancedView().map((x: number) => x, [1, 2, 3]);
      const address = await Deno.readTextFile(pageFile);
      const config = await configure(folder, new URL(address.trim()));
      const port = freePort();
      const prometheus = new Deno.Command(PROMETHEUS, {
        args: [
          `--config.file=${config}`,
          `--storage.tsdb.path=${folder}/tsdb`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const says = async (
          expression: string,
          wanted: number,
        ): Promise<void> => {
          const isSaid = await eventually(async () => {
            const [value] = await valuesOf(port, expression);
            return value === wanted;
          });
          assert.ok(isSaid, `${expression} is not ${wanted}`);
        };
        await says('up{job="ippd"}', 1);
        await says("ippd_engines", 1);
        const { length } = await client.query({ status: "ok" });
        assert.ok(length > 0);
        await says('ippd_tasks_ended_total{status="ok"}', length);
        await says("ippd_task_run_seconds_count", length);
        await says("ippd_store_failures_total", 0);
        const quantile =
          "histogram_quantile(0.9, ippd_task_run_seconds_bucket)";
        const isThere = await eventually(async () => {
          const [value = NaN] = await valuesOf(port, quantile);
          return value >= 0 && value < 3_600;
        });
        assert.ok(isThere, quantile);
      } finally {
        prometheus.kill();
        await prometheus.status;
      }
    });
  },
});
