import assert from "node:assert/strict";
import {
  bundleHtml,
  cutText,
  DISPLAY_MEDIA_LENGTH_MAX,
  DISPLAY_ROWS_MAX,
  DISPLAY_VALUE_LENGTH_MAX,
  type DisplayRow,
  escapeHtml,
  needsNotebook,
  outputHtml,
  outputText,
  progressHtml,
  progressText,
  rowText,
  tableHtml,
} from "./notebook_html.ts";

function row(change: Partial<DisplayRow> = {}): DisplayRow {
  return {
    engineId: 0,
    status: "ok",
    durationMs: 1,
    value: "1",
    displays: [],
    ...change,
  };
}

Deno.test("escapeHtml() lets no markup and no colours through", () => {
  assert.equal(
    escapeHtml(`<a href="x">&'\x1b[31mred\x1b[0m`),
    "&#60;a href=&#34;x&#34;&#62;&#38;&#39;red",
  );
});

Deno.test("tableHtml() shows engine, status, time and value of each task", () => {
  const html = tableHtml([
    row({ engineId: 3, durationMs: 1_500, value: "<b>" }),
    row({ engineId: undefined, status: "error", durationMs: undefined }),
  ]).replaceAll(/ style="[^"]*"/g, "");
  assert.match(
    html,
    /<td>3<\/td><td>ok<\/td><td>1\.50 s<\/td><td><pre>&#60;b&#62;<\/pre>/,
  );
  assert.match(html, /<td><\/td><td>error<\/td><td><\/td>/);
});

Deno.test("tableHtml() shows at most DISPLAY_ROWS_MAX rows", () => {
  const rows = Array.from({ length: DISPLAY_ROWS_MAX + 7 }, () => row());
  const html = tableHtml(rows);
  assert.equal(html.split("<tr>").length - 1, DISPLAY_ROWS_MAX + 2);
  assert.match(html, /and 7 more/);
  assert.equal(rowText(rows).split("\n").length, DISPLAY_ROWS_MAX + 1);
  assert.match(rowText(rows), /and 7 more$/);
});

Deno.test("tableHtml() shows at most DISPLAY_MEDIA_LENGTH_MAX of pictures", () => {
  const picture = { "image/png": "A".repeat(DISPLAY_MEDIA_LENGTH_MAX / 2) };
  const html = tableHtml([row({ displays: [picture, picture] })]);
  assert.equal(html.split("<img").length, 2);
  assert.match(html, /too large to show here/);
});

Deno.test("cutText() keeps DISPLAY_VALUE_LENGTH_MAX characters", () => {
  const fits = "x".repeat(DISPLAY_VALUE_LENGTH_MAX);
  assert.equal(cutText(fits), fits);
  assert.equal(cutText(`${fits}yz`), `${fits}… 2 more characters`);
});

Deno.test("bundleHtml() takes the richest representation", async (t) => {
  const cases = [
    [{ "text/plain": "<x>", "text/html": "<i>x</i>" }, "<div><i>x</i></div>"],
    [{ "image/png": "QUJD" }, '<img alt="" src="data:image/png;base64,QUJD">'],
    [
      { "image/png": new Uint8Array([65, 66, 67]), "text/plain": "x" },
      '<img alt="" src="data:image/png;base64,QUJD">',
    ],
    [
      { "image/svg+xml": "ABC" },
      '<img alt="" src="data:image/svg+xml;base64,QUJD">',
    ],
    [
      { "image/jpeg": '"><script>' },
      '<img alt="" src="data:image/jpeg;base64,&#34;&#62;&#60;script&#62;">',
    ],
  ] as const;
  for (const [bundle, html] of cases) {
    await t.step(Object.keys(bundle).join(), () => {
      assert.equal(bundleHtml(bundle), html);
    });
  }
  await t.step("text, where there is nothing else", () => {
    assert.match(bundleHtml({ "text/plain": "<x>" }), />&#60;x&#62;<\/pre>$/);
    assert.match(bundleHtml({ "application/x": 1 }), /shown as application\/x/);
  });
});

Deno.test("needsNotebook() is true of plots alone", () => {
  const plot = "application/vnd.vega.v5+json";
  assert.equal(needsNotebook({ [plot]: {}, "text/plain": "plot" }), true);
  assert.equal(needsNotebook({ [plot]: {}, "image/png": "" }), false);
  assert.equal(needsNotebook({ "application/json": {} }), false);
  assert.equal(needsNotebook({ "text/plain": "x" }), false);
});

Deno.test("outputHtml() and outputText() group by engine", () => {
  const outputs = [
    { engineId: 0, stdout: "a\nb\n", stderr: "" },
    { engineId: 2, stdout: "", stderr: "<bad>" },
  ];
  assert.equal(
    outputHtml(outputs).replaceAll(/ style="[^"]*"/g, ""),
    "<div><b>engine 0</b><pre>a\nb</pre></div>" +
      "<div><b>engine 2</b><pre>&#60;bad&#62;</pre></div>",
  );
  assert.equal(outputText(outputs), "[engine 0]\na\nb\n[engine 2]\n<bad>\n");
  const many = Array.from(
    { length: DISPLAY_ROWS_MAX + 2 },
    (_, engineId) => ({ engineId, stdout: "x", stderr: "" }),
  );
  assert.match(outputHtml(many), /and output of 2 more engines/);
});

Deno.test("progressHtml() has a bar for the result and for each task", () => {
  const progress = {
    ended: 1,
    total: 3,
    isOpen: true,
    failed: 1,
    elapsedMs: 2_000,
    tasks: [{ engineId: 1, done: 5, total: 9, message: "<half>" }],
  };
  assert.equal(progressText(progress), "1/3+ tasks, 1 failed, 2.00 s");
  const html = progressHtml(progress);
  assert.match(html, /<progress value="1" max="3">/);
  assert.match(
    html,
    /engine 1 <progress value="5" max="9"><\/progress> &#60;half&#62;/,
  );
});
