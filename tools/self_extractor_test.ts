import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { extractorHead } from "./self_extractor.ts";

/** A program in the place of the runtime: says what it was started with. */
const RUNTIME = `#!/bin/sh
echo "$IPPD_EXECUTABLE" "$@"
if [ -n "\${SHOW_MASK:-}" ]; then umask; fi
`;

/** One file of an archive in the format of POSIX tar. */
function tarEntry(name: string, content: string): string {
  const size = content.length.toString(8).padStart(11, "0");
  const fields = [
    name.padEnd(100, "\0"),
    "0000755\0",
    "0000000\0".repeat(2),
    `${size}\0`,
    "00000000000\0",
    " ".repeat(8),
    "0",
    "\0".repeat(355),
  ].join("");
  let sum = 0;
  for (const character of fields) sum += character.charCodeAt(0);
  const checksum = `${sum.toString(8).padStart(6, "0")}\0 `;
  const header = fields.slice(0, 148) + checksum + fields.slice(156);
  return header + content.padEnd(Math.ceil(content.length / 512) * 512, "\0");
}

const FILES: Readonly<Record<string, string>> = {
  "deno": RUNTIME,
  "main.js": "1;\n",
  "deno.json": "{}\n",
};

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A self-extracting executable in a new folder, with a cache beside it. */
async function makeExecutable(damage: boolean): Promise<string> {
  const entries = Object.entries(FILES);
  const archive = gzipSync(
    entries.map(([name, text]) => tarEntry(name, text)).join("") +
      "\0".repeat(1024),
  );
  const digest = sha256(archive);
  const files = entries.map(([name, text]) => ({
    name,
    bytes: text.length,
    digest: sha256(text),
  }));
  const head = extractorHead({ digest, version: "0.0.0", files });
  if (damage) archive.writeUInt32LE(0, archive.length - 4);
  const folder = await Deno.makeTempDir({ prefix: "a folder " });
  const path = `${folder}/ippd`;
  await Deno.writeFile(path, new TextEncoder().encode(head), { mode: 0o755 });
  await Deno.writeFile(path, archive, { append: true });
  return path;
}

async function run(
  path: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = await new Deno.Command("/bin/sh", {
    args: [path, ...args],
    env: { XDG_CACHE_HOME: `${path}.cache` },
  }).output();
  const text = new TextDecoder();
  const stdout = text.decode(output.stdout);
  return { code: output.code, stdout, stderr: text.decode(output.stderr) };
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name);
}

Deno.test("extractorHead unpacks once and passes arguments on", async () => {
  const path = await makeExecutable(false);
  const cache = `${path}.cache/ippd`;
  const first = await run(path, "engine", "a b");
  const [digest, ...others] = await namesIn(cache);
  assert.deepEqual(first, {
    code: 0,
    stdout: `${path} run -A ${cache}/${digest}/main.js engine a b\n`,
    stderr: "",
  });
  assert.deepEqual(others, []);
  const installed = `${cache}/${digest}/deno`;
  const { mtime } = await Deno.stat(installed);
  assert.equal((await run(path, "engine")).code, 0);
  assert.deepEqual((await Deno.stat(installed)).mtime, mtime);
  await Deno.remove(path.replace(/\/ippd$/, ""), { recursive: true });
});

Deno.test("extractorHead refuses a damaged archive", async () => {
  const path = await makeExecutable(true);
  const { code, stdout, stderr } = await run(path, "engine");
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `Cannot start ippd: ${path} is damaged; copy it again\n`,
  );
  await Deno.remove(path.replace(/\/ippd$/, ""), { recursive: true });
});

/** Runs a story with an executable that has unpacked itself. */
async function withCache(
  story: (path: string, installed: string) => Promise<void>,
): Promise<void> {
  const path = await makeExecutable(false);
  assert.equal((await run(path)).code, 0);
  const [digest] = await namesIn(`${path}.cache/ippd`);
  await story(path, `${path}.cache/ippd/${digest}`);
  await Deno.remove(path.replace(/\/ippd$/, ""), { recursive: true });
}

Deno.test("extractorHead unpacks again what was altered", () =>
  withCache(async (path, installed) => {
    const alterations: readonly (() => Promise<void>)[] = [
      () => Deno.writeTextFile(`${installed}/main.js`, "2;\n"),
      () => Deno.writeTextFile(`${installed}/deno.json`, ""),
      () => Deno.writeTextFile(`${installed}/deno`, "#!/bin/sh\nexit 3\n"),
      () => Deno.truncate(`${installed}/deno`, 10),
      () => Deno.chmod(`${installed}/deno`, 0o600),
      () => Deno.remove(`${installed}/main.js`),
      () => Deno.remove(`${installed}/deno`),
      () => Deno.remove(installed, { recursive: true }),
    ];
    for (const alter of alterations) {
      await alter();
      const { code, stdout, stderr } = await run(path, "engine");
      assert.equal(stdout, `${path} run -A ${installed}/main.js engine\n`);
      assert.deepEqual([code, stderr], [0, ""]);
      for (const [name, text] of Object.entries(FILES)) {
        assert.equal(await Deno.readTextFile(`${installed}/${name}`), text);
      }
    }
    assert.equal((await namesIn(`${path}.cache/ippd`)).length, 1);
  }));

Deno.test("extractorHead refuses a cache that others can write to", () =>
  withCache(async (path, installed) => {
    for (const folder of [installed, `${path}.cache/ippd`]) {
      for (const mode of [0o720, 0o702, 0o777]) {
        await Deno.chmod(folder, mode);
        const { code, stdout, stderr } = await run(path, "engine");
        assert.deepEqual([code, stdout], [1, ""]);
        assert.equal(
          stderr,
          `Cannot start ippd: others can write to ${folder}; run chmod go-w "${folder}"\n`,
        );
      }
      await Deno.chmod(folder, 0o755);
      assert.equal((await run(path, "engine")).code, 0);
    }
  }));

Deno.test("extractorHead leaves the mask of new files as it was", async () => {
  const path = await makeExecutable(false);
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'umask 027; exec "$0"', path],
    env: { XDG_CACHE_HOME: `${path}.cache`, SHOW_MASK: "1" },
  }).output();
  assert.match(new TextDecoder().decode(stdout), / run -A .*\n0?027\n$/);
  await Deno.remove(path.replace(/\/ippd$/, ""), { recursive: true });
});
