import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

function documents(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? documents(new URL(`${name}/`, folder))
      : name.endsWith(".md")
      ? [new URL(name, folder)]
      : []
  );
}

/** The links of a document that lead to files which are not there. */
function brokenLinks(document: URL): string[] {
  const markdown = Deno.readTextFileSync(document);
  const links = [...markdown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)];
  return links.flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    try {
      Deno.statSync(new URL(link, document));
      return [];
    } catch {
      return [`${document.pathname}: ${link}`];
    }
  });
}

Deno.test("Every link between documents leads to a file", () => {
  const found = [
    ...documents(new URL("docs/", ROOT)),
    new URL("README.md", ROOT),
    new URL("CONTRIBUTING.md", ROOT),
  ];
  assert.ok(found.length > 10);
  assert.deepEqual(found.flatMap(brokenLinks), []);
});

Deno.test("Every guide is in the map of the documents", () => {
  const map = Deno.readTextFileSync(new URL("docs/README.md", ROOT));
  const missing = [...Deno.readDirSync(new URL("docs/guides/", ROOT))]
    .filter(({ name }) => !map.includes(`(guides/${name})`));
  assert.deepEqual(missing, []);
});
