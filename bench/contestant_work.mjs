/** What contestants under Node run. */
export function noop() {}

export function echo(data) {
  return data;
}

export function squares(chunk) {
  return chunk.map((x) => x * x);
}

export default noop;
