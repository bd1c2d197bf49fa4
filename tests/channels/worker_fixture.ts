// A script for a worker, with types and an import.
declare function postMessage(value: unknown): void;

const { format } = await import("node:util");

const prefix: string = "heard";

self.addEventListener("message", (event: Event) => {
  if (!(event instanceof MessageEvent)) return;
  postMessage(format("%s %s by %s", prefix, event.data, self.name));
});
