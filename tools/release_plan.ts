/**
 * What a release consists of. Pure.
 *
 * @module
 */

/** A platform that gets an executable. */
export interface ReleaseTarget {
  /** What Deno calls it. */
  readonly target: string;
  /** What users call it. */
  readonly platform: string;
}

/** Every platform that Deno compiles for. */
export const RELEASE_TARGETS: readonly ReleaseTarget[] = [
  { target: "x86_64-unknown-linux-gnu", platform: "linux-x64" },
  { target: "aarch64-unknown-linux-gnu", platform: "linux-arm64" },
  { target: "x86_64-apple-darwin", platform: "macos-x64" },
  { target: "aarch64-apple-darwin", platform: "macos-arm64" },
  { target: "x86_64-pc-windows-msvc", platform: "windows-x64.exe" },
];

/** The file of checksums, as `sha256sum --check` takes it. */
export const CHECKSUMS_FILE = "SHA256SUMS";

/** The name of an executable. */
export function releaseFile(version: string, platform: string): string {
  return `ippd-${version}-${platform}`;
}

/** The checksums: one line for each file, by name. */
export function checksumLines(
  digests: ReadonlyMap<string, string>,
): string {
  return [...digests].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([file, digest]) => `${digest}  ${file}\n`).join("");
}
