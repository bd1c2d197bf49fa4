/**
 * An OTLP collector that keeps the spans it is sent, in OTLP's JSON form.
 *
 * @module
 */

/** A span as it arrived. */
export interface CollectedSpan {
  /** Its trace. */
  readonly traceId: string;
  /** Its own id. */
  readonly spanId: string;
  /** The span above it; empty at the top. */
  readonly parentSpanId: string;
  /** What it is called. */
  readonly name: string;
  /** 3 is a client, 4 a producer, 5 a consumer, as OTLP numbers them. */
  readonly kind: number;
  /** 2 is an error, as OTLP numbers them. */
  readonly status: number;
  /** What it says. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Its moments by name. */
  readonly events: readonly string[];
  /** Who made it. */
  readonly scope: string;
  /** When it began and ended, in nanoseconds since the Unix epoch. */
  readonly nanoseconds: readonly [start: bigint, end: bigint];
}

/** A collector on the loopback address. */
export interface Collector extends AsyncDisposable {
  /** Variables that make a program send its spans here. */
  readonly environment: Readonly<Record<string, string>>;
  /** What has arrived. */
  readonly spans: readonly CollectedSpan[];
}

/** Starts a collector. */
export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body: unknown = await request.json();
      if (new URL(request.url).pathname === "/v1/traces") {
        spans.push(...spansOf(body));
      }
      return Response.json({});
    },
  );
  return {
    environment: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_DENO_METRICS: "false",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    },
    spans,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function* spansOf(body: unknown): Iterable<CollectedSpan> {
  for (const resource of items(body, "resourceSpans")) {
    for (const scope of items(resource, "scopeSpans")) {
      for (const span of items(scope, "spans")) {
        const attributes: Record<string, string> = {};
        for (const attribute of items(span, "attributes")) {
          const [value = ""] = Object.values(Object(field(attribute, "value")));
          attributes[text(attribute, "key")] = String(value);
        }
        yield {
          traceId: text(span, "traceId"),
          spanId: text(span, "spanId"),
          parentSpanId: text(span, "parentSpanId"),
          name: text(span, "name"),
          kind: Number(field(span, "kind")),
          status: Number(field(field(span, "status"), "code") ?? 0),
          attributes,
          events: items(span, "events").map((event) => text(event, "name")),
          scope: text(field(scope, "scope"), "name"),
          nanoseconds: [
            BigInt(text(span, "startTimeUnixNano")),
            BigInt(text(span, "endTimeUnixNano")),
          ],
        };
      }
    }
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}

function items(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}

function text(value: unknown, name: string): string {
  return String(field(value, name) ?? "");
}
