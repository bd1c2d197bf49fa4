// deno-lint-ignore-file no-console -- this program prints what it got
/**
 * A program that serves the dashboard: its files are imported as text. It
 * prints the page and what the page refers to.
 *
 * @module
 */
import { Dashboard, type DashboardSource } from "../../dashboard/mod.ts";

function nothing(): Promise<never> {
  return Promise.reject(new TypeError("Cannot ask: there is no cluster"));
}

const source: DashboardSource = {
  status: nothing,
  tasks: nothing,
  task: nothing,
  scale: nothing,
  stack: nothing,
  logs: nothing,
  act: nothing,
};
await using dashboard = new Dashboard({ source });
const entered = await fetch(dashboard.url, { redirect: "manual" });
await entered.body?.cancel();
const cookie = entered.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
const files: Record<string, string> = {};
for (const path of ["/", "/app.css", "/app.js"]) {
  const url = new URL(path, dashboard.url);
  const answer = await fetch(url, { headers: { cookie } });
  files[path] = await answer.text();
}
console.log(JSON.stringify(files));
