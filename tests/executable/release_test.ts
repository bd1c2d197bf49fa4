import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

Deno.test("deno task release makes this platform's executable, and checksums that hold", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd test " });
  try {
    const text = new TextDecoder();
    const release = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "tools/release.ts", "--output", folder],
      cwd: ROOT,
      stdin: "null",
    }).output();
    assert.equal(release.code, 0, text.decode(release.stderr));
    const told = text.decode(release.stdout).trim().split("\n");
    const made = told.slice(0, -1).filter((line) => !/: left out/.test(line))
      .map((line) => line.split(":", 1)[0] ?? "");
    const names = await Array.fromAsync(
      Deno.readDir(folder),
      (one) => one.name,
    );
    assert.deepEqual(names.sort(), ["SHA256SUMS", ...made].sort());
    const check = await new Deno.Command("sha256sum", {
      args: ["--check", "SHA256SUMS"],
      cwd: folder,
    }).output();
    assert.equal(check.code, 0, text.decode(check.stderr));
    const { os, arch } = Deno.build;
    const system = os === "darwin" ? "macos" : os;
    const platform = `${system}-${arch === "x86_64" ? "x64" : "arm64"}`;
    const own = `ippd-${config.version}-${platform}`;
    assert.ok(made.includes(own), told.join("\n"));
    const run = await new Deno.Command(`${folder}/${own}`, {
      args: ["--version"],
      env: { XDG_CACHE_HOME: `${folder}/cache` },
    }).output();
    assert.equal(text.decode(run.stdout), `${config.version}\n`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
