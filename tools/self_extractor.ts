/**
 * The head of a self-extracting executable: a POSIX shell script in front of
 * a compressed archive. Pure.
 *
 * @module
 */

/** A file of the archive. */
export interface PayloadFile {
  /** Its name, of letters, digits and "._-". */
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
  /** Its SHA-256, in hexadecimal. */
  readonly digest: string;
}

/** What the script has to know about the archive behind it. */
export interface PayloadFacts {
  /** SHA-256 of the compressed archive, in hexadecimal. */
  readonly digest: string;
  /** Version of the program, for the script's first comment. */
  readonly version: string;
  /** Files of the archive in the order in which they are put in place. */
  readonly files: readonly PayloadFile[];
}

/** The file that runs; put in place last, so that it marks a whole unpacking. */
export const RUNTIME_FILE = "deno";

/** The bundled program. */
export const PROGRAM_FILE = "main.js";

/**
 * The script. The first start unpacks the archive into the user's cache,
 * after comparing its digest, and so does one that finds anything else there
 * than was put there: of the runtime it looks at the length, because a digest
 * would take longer than all the rest, and at all of the others. A cache that
 * somebody else could change is refused. Every start replaces itself by the
 * runtime.
 */
export function extractorHead(facts: PayloadFacts): string {
  // The script says how long it is; a fixed width keeps that length constant.
  const draft = extractorScript(facts, "000000");
  const offset = String(draft.length + 1).padStart(6, "0");
  return extractorScript(facts, offset);
}

function extractorScript(facts: PayloadFacts, offset: string): string {
  const { digest, version, files } = facts;
  const others = files.filter(({ name }) => name !== RUNTIME_FILE);
  const runtime = files.find(({ name }) => name === RUNTIME_FILE);
  const names = others.map(({ name }) => name).join(" ");
  const sums = others.map(({ name, digest }) => `${digest}  ${name}`)
    .join("\n");
  return `#!/bin/sh
# ippd ${version}, self-extracting: this script, then a compressed archive.
set -eu
digest=${digest}
fail() { echo "Cannot start ippd: $1" >&2; exit 1; }
case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
cache=\${XDG_CACHE_HOME:-\${HOME:-}/.cache}/ippd
case $cache in /.cache/ippd) fail "set HOME or XDG_CACHE_HOME" ;; esac
dir=$cache/$digest
sum() {
  if command -v sha256sum >/dev/null; then sha256sum "$@"
  elif command -v shasum >/dev/null; then shasum -a 256 "$@"
  else fail "install sha256sum or shasum"
  fi
}
own() {
  [ -O "$1" ] || fail "$1 belongs to somebody else; set XDG_CACHE_HOME"
  case $(ls -ld "$1") in
    d????-??-*) ;;
    *) fail "others can write to $1; run chmod go-w \\"$1\\"" ;;
  esac
}
sound() {
  [ -x "$dir/${RUNTIME_FILE}" ] || return
  # shellcheck disable=SC2046
  [ $(wc -c <"$dir/${RUNTIME_FILE}") -eq ${runtime?.bytes ?? 0} ] || return
  [ "$(cd "$dir" && sum ${names} 2>/dev/null)" = "${sums}" ]
}
mask=$(umask)
umask 077
mkdir -p "$dir" || fail "$cache is not writable; set XDG_CACHE_HOME"
own "$cache"
own "$dir"
if ! sound; then
  new=$(mktemp -d "$cache/new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  trap 'exit 1' HUP INT TERM
  found=$(tail -c +${offset} "$self" | sum)
  [ "\${found%% *}" = "$digest" ] || fail "$self is damaged; copy it again"
  tail -c +${offset} "$self" | gzip -dc | tar -C "$new" -xf - ||
    fail "the archive does not unpack into $cache; is the disk full?"
  for file in ${names} ${RUNTIME_FILE}; do mv -f "$new/$file" "$dir/$file"; done
  rmdir "$new"
  trap - EXIT HUP INT TERM
fi
umask "$mask"
IPPD_EXECUTABLE=$self DENO_NO_UPDATE_CHECK=1
export IPPD_EXECUTABLE DENO_NO_UPDATE_CHECK
exec "$dir/${RUNTIME_FILE}" run -A "$dir/${PROGRAM_FILE}" "$@"
`;
}
