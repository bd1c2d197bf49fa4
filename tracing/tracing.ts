/**
 * Spans by the OpenTelemetry interface: those of Deno's built-in exporter, or
 * of whatever the program has registered. Where nothing is registered nothing
 * is loaded, and nothing is done for a task.
 *
 * @module
 */
import type { Span, SpanKind } from "@opentelemetry/api";

/** What a span says about its task. */
export type SpanAttributes = Readonly<
  Record<string, string | number | undefined>
>;

/** What a span is of: asking for, placing, or running a task. */
export type TaskSpanKind = "ask" | "place" | "run";

/** Where a span belongs. */
export interface TaskSpanOptions {
  /** The span above it, as W3C `traceparent`; absent, the active one. */
  readonly parent?: string | undefined;
  /** What is known from the start. */
  readonly attributes: SpanAttributes;
}

/** How the work of a span ended. */
export interface TaskSpanEnd {
  /** How its task ended; anything but `ok` is an error. */
  readonly status: string;
  /** Why, where it did not end well. */
  readonly reason?: string | undefined;
  /** What is known since. */
  readonly attributes?: SpanAttributes;
}

/** A span that has begun. */
export interface TaskSpan {
  /** What names it to other processes, as W3C `traceparent`. */
  readonly traceparent: string;
  /** Notes a moment within it. */
  event(name: string, attributes: SpanAttributes): void;
  /** Calls a function whose own spans are below this one. */
  within<T>(run: () => T): T;
  /** Ends it. */
  end(end: TaskSpanEnd): void;
}

/** Makes spans. */
export interface Tracing {
  /** Begins a span. */
  begin(
    kind: TaskSpanKind,
    name: string,
    options: TaskSpanOptions,
  ): TaskSpan;
}

/** Under this symbol every version of the interface finds what is registered. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Whether somebody takes spans, such as Deno with `OTEL_DENO=true`. */
export function isTracing(): boolean {
  const registered: unknown = Reflect.get(globalThis, REGISTRY);
  return typeof registered === "object" && registered !== null &&
    "trace" in registered;
}

/** Opens the way to the exporter; `undefined` where nobody takes spans. */
export async function openTracing(): Promise<Tracing | undefined> {
  if (!isTracing()) return undefined;
  const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } =
    await import("@opentelemetry/api");
  const tracer = trace.getTracer("ippd");
  const kinds: { readonly [K in TaskSpanKind]: SpanKind } = {
    ask: SpanKind.PRODUCER,
    place: SpanKind.INTERNAL,
    run: SpanKind.CONSUMER,
  };
  const wrap = (span: Span): TaskSpan => ({
    traceparent: traceparentOf(span),
    event: (name, attributes) => void span.addEvent(name, said(attributes)),
    within: (run) => context.with(trace.setSpan(context.active(), span), run),
    end({ status, reason, attributes }) {
      span.setAttributes({
        "ippd.task.status": status,
        ...(attributes === undefined ? {} : said(attributes)),
      });
      if (status !== "ok") {
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: reason ?? status,
        });
      }
      span.end();
    },
  });
  return {
    begin(kind, name, { parent, attributes }) {
      const above = parent === undefined
        ? context.active()
        : trace.setSpanContext(ROOT_CONTEXT, spanContext(parent));
      return wrap(tracer.startSpan(name, {
        kind: kinds[kind],
        attributes: said(attributes),
      }, above));
    },
  };
}

function said(attributes: SpanAttributes): Record<string, string | number> {
  const known: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) known[name] = value;
  }
  return known;
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function spanContext(traceparent: string): {
  traceId: string;
  spanId: string;
  traceFlags: number;
  isRemote: boolean;
} {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
  };
}
