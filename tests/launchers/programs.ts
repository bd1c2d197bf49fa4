/**
 * Whether the programs that a launcher needs are here.
 *
 * @module
 */

/** Whether every program can be run. */
export function hasPrograms(...names: readonly string[]): boolean {
  const folders = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`.split(":");
  return names.every((name) =>
    folders.some((folder) => isFile(`${folder}/${name}`))
  );
}

/** Whether tests may do what only root may. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
