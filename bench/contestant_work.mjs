// deno-lint-ignore-file explicit-module-boundary-types -- Node runs it as it is
/** What contestants under Node run. */
export function noop() {}

export function echo(data) {
  return data;
}

export function squares(chunk) {
  return chunk.map((x) => x * x);
}
