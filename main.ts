/**
 * The executable: `ippd <subcommand>`.
 *
 * @module
 */
if (Deno.args[0] === "slot") {
  // A slot starts in milliseconds: it loads its own part and nothing else.
  // deno-lint-ignore ippd/import-door
  const { runSlot } = await import("./engine/slot_main.ts");
  await runSlot();
} else {
  const { runCli } = await import("./cli/mod.ts");
  Deno.exit(await runCli(Deno.args));
}
